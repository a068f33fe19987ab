import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { readConfig } from '../../src/config.ts';
import { openArchive } from '../../src/container/archive.ts';
import { MIYABI, scratch } from '../support/cli.ts';
import { installPackage } from '../support/package.ts';
import { ROOT } from './fences.ts';

/** The port of the local server in the documentation; each test has its own server. */
export const DOCUMENTED_URL = 'http://127.0.0.1:8787';

/**
 * A folder as a reader has it: `miyabi` on the PATH, the package installed, a `cdk.log` and the data of a server at hand. `CDK_OPTIONS` are those of
 * the stand-in for `cdk`. `command` starts `miyabi`, by default from these sources.
 */
export const readersFolder = async (command: readonly string[] = MIYABI) => {
  const folder = scratch();
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const miyabi = `exec ${command.map((word) => `'${word}'`).join(' ')}`;
  program('miyabi', `${miyabi} "$@"`);
  // npx would ask the registry for packages that are not installed; `cdk` is a stand-in that prints a deployment.
  program(
    'npx',
    `[ "$1" != --yes ] || shift; case "$1" in miyabi | miyabi-progress) shift; ${miyabi} "$@";; cdk) exec '${process.execPath}' '${join(ROOT, 'test/fixtures/cdk/cdk.mjs')}' $CDK_OPTIONS;; esac; echo "npx: $1 is not part of this test" >&2; exit 1`,
  );
  await installPackage(join(folder.path, 'node_modules/miyabi-progress'));
  // A server has run here before.
  await (
    await openArchive(readConfig({ MIYABI_DATA_DIR: join(folder.path, '.miyabi') }), {
      logger: memoryLogger(),
    })
  ).close();
  copyFileSync(join(ROOT, 'test/fixtures/cdk/bootstrap.log'), join(folder.path, 'cdk.log'));
  return { ...folder, bin, program };
};
