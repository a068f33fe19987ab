import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const BENCH = join(ROOT, 'bench');
/** Where bundles and data of benchmarks are made; never committed. */
export const CACHE = join(BENCH, '.cache');

const INSTALLED = join(BENCH, 'node_modules/.package-lock.json');
const NEWEST_NODE = join(BENCH, 'node_modules/node24/bin/node');
const LOCK = join(BENCH, 'package-lock.json');

/** Lambda's own runtime client, run as `node FILE handler`; undefined where it could not be built. */
export const RUNTIME_CLIENT = join(BENCH, 'node_modules/aws-lambda-ric/index.mjs');
export const hasRuntimeClient = (): boolean => existsSync(NATIVE_CLIENT);
const NATIVE_CLIENT = join(BENCH, 'node_modules/aws-lambda-ric/rapid-client.node');

/**
 * Installs what the benchmarks compare with, unless it is there. Scripts run for the Nodes of Lambda, and for the
 * runtime client, which builds natively in about a minute and wants a Node as new as Lambda's.
 */
export const setUp = (): void => {
  const isInstalled = existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs;
  // Without its scripts it is enough for the types, and for nothing else.
  if (isInstalled && existsSync(NEWEST_NODE)) return;
  process.stderr.write('Installing what is compared with, once …\n');
  const npm = (args: readonly string[], path = process.env['PATH'] ?? '') =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund'], {
      cwd: BENCH,
      stdio: ['ignore', 2, 2],
      env: { ...process.env, PATH: path },
    });
  npm(['ci', '--ignore-scripts']);
  npm(['rebuild', 'node22', 'node24']);
  try {
    npm(['rebuild', 'aws-lambda-ric'], [dirname(NEWEST_NODE), process.env['PATH']].join(delimiter));
  } catch {
    process.stderr.write(
      'the runtime client could not be built: it wants cmake, autoconf, automake, libtool, g++\n',
    );
  }
};
