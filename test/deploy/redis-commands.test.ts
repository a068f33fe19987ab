import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import * as assert from 'uvu/assert';
import { ROOT } from '../../deploy/build/bundle.ts';
import { lazyModules, trimRedisCommands } from '../../deploy/build/lazy-modules.ts';
import { run } from '../support/cli.ts';
import { hasRedisServer } from '../support/redis.ts';
import { suite } from '../support/suite.ts';

const SUITES = ['rate-limiter', 'task-cache', 'project-cache', 'change-feed', 'link'];

/** The contracts assert by Node's own module, which no bundle of ours has as a whole. */
const wholeAssert: Plugin = {
  name: 'whole-assert',
  setup(builder) {
    builder.onResolve({ filter: /^node:assert$/ }, ({ path, importer }) =>
      /[/\\]contracts[/\\]/.test(importer) ? { path, external: true } : undefined,
    );
  },
};

const test = suite('Redis with the commands of a bundle');

for (const name of SUITES) {
  const title = `${name}: its suite passes: alone, in a cluster, with TLS and a password`;
  if (!hasRedisServer) {
    test.skip(title, 'redis-server is not on the PATH');
    continue;
  }
  const passes = async (): Promise<void> => {
    // Inside the project, where its packages are found.
    const folder = await mkdtemp(join(ROOT, 'node_modules/.miyabi-redis-commands-'));
    try {
      const outfile = join(folder, 'suite.mjs');
      await build({
        absWorkingDir: ROOT,
        entryPoints: [`test/adapters/redis/${name}.test.ts`],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        // The client under test is a separate copy, without what the fake of a Redis adds.
        external: ['uvu', 'uvu/*', 'ioredis-mock', '@aws-sdk/*', 'fast-check'],
        plugins: [wholeAssert, lazyModules, trimRedisCommands],
        banner: {
          js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
        },
        logLevel: 'warning',
      });
      const { code, stdout, stderr } = await run([process.execPath, outfile]);
      assert.is(code, 0, `${stdout}${stderr}`);
      assert.match(stdout, /Passed: +[1-9]/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  test.slow(title, passes);
}

test.run();
