import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { readConfig } from '../../src/config.ts';
import { openArchive } from '../../src/container/archive.ts';
import { containerFor } from '../../src/container/compose.ts';
import { setUp } from '../../src/container/set-up.ts';
import { TOKENS } from '../../src/container/tokens.ts';
import { isMiyabiError, MiyabiError } from '../../src/domain/errors.ts';
import { scratch } from '../support/cli.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('Adapters from outside');

/** A feed as someone writes it who has only the documentation. */
const FEED = `
const changes = [];
export const opened = [];
export const backend = {
  contract: 1,
  feed: async (settings, system) => ({
    ports: {
      changeFeed: {
        async publish(more) { changes.push(...more); },
        async position() { return String(changes.length); },
        async read(after, limit) { return changes.slice(Number(after), Number(after) + limit).map((change, index) => ({ position: String(Number(after) + index + 1), change })); },
        async wait() {},
        hasLost: () => false,
      },
    },
    probes: [{ name: 'acme', required: false, check: async () => opened.push({ settings, system }) }],
    close: async () => opened.push('closed'),
  }),
};
`;

const withFile = async (
  text: string,
  run: (file: string, folder: string) => Promise<void>,
): Promise<void> => {
  const { path, remove } = scratch();
  const file = join(path, 'adapter.mjs');
  writeFileSync(file, text);
  try {
    await run(file, path);
  } finally {
    remove();
  }
};

const open = (env: Record<string, string>) =>
  containerFor(readConfig({ MIYABI_BACKEND: 'memory', ...env }), { logger: memoryLogger() });

test('a file is opened with the settings, takes the place of its port, is probed and closed', () =>
  withFile(FEED, async (file) => {
    const { container, close } = await open({ FEED: file, MIYABI_DATA_DIR: 'here', RATE_LIMIT: '7' });
    const { opened } = await import(file);
    const tasks = container.get(TOKENS.taskService);
    const feed = container.get(TOKENS.changeFeed);
    const before = await feed.position();
    await tasks.create({ task_id: 'tea', task_name: 'tea' });
    const ids = (await feed.read(before, 10)).map(({ change }) => change.id);
    assert.ok(ids.includes('tea'), ids.join());
    const probe = container.get(TOKENS.probes).find(({ name }) => name === 'acme');
    await probe?.check();
    assert.equal(opened[0].settings, { dataDir: 'here', rateLimit: 7 });
    assert.type(opened[0].system.clock.now(), 'number');
    await close();
    assert.is(opened[1], 'closed');
  }));

test('a package is found beside the working folder, and beside this package', async () => {
  const { path, remove } = scratch();
  const folder = join(path, 'node_modules/@acme/feed');
  const before = process.cwd();
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      '{ "name": "@acme/feed", "type": "module", "main": "index.js" }',
    );
    writeFileSync(join(folder, 'index.js'), FEED);
    process.chdir(path);
    const { close } = await open({ FEED: 'npm:@acme/feed' });
    await close();
    // A package of this project's own, which exports no backend.
    const found = await rejects(open({ FEED: 'npm:uvu/assert' }), 'configuration');
    assert.match(found.message, 'FEED npm:uvu/assert: it exports no object `backend`');
  } finally {
    process.chdir(before);
    remove();
  }
});

test('a module that is not there, cannot run, or is something else is refused by name and reason', async () => {
  const refuses = async (text: string, reason: string, setting = 'FEED') =>
    withFile(text, async (file) => {
      const { message, ...error } = (await rejects(
        open({ [setting]: file }),
        'configuration',
      )) as MiyabiError;
      assert.match(message, `${setting} ${file}: `);
      assert.match(message, reason);
      assert.is(error.fields[0]?.path, setting);
    });
  await refuses('export const feed = 1;', 'it exports no object `backend`');
  await refuses('export const backend = {};', 'its `backend` has no `contract`, this release needs 1');
  await refuses(
    'export const backend = { contract: 0 };',
    'has contract 0, this release needs 1; update the module',
  );
  await refuses('export const backend = { contract: 2 };', 'update miyabi-progress');
  await refuses('export const backend = { contract: 1 };', 'no function feed; it cannot be used as FEED');
  await refuses("import 'acme-missing';", "it cannot be loaded: Cannot find package 'acme-missing'");
  await refuses("throw new Error('no licence');", 'it cannot be loaded: no licence');
  const missing = await rejects(open({ CACHE: './missing.js' }), 'configuration');
  assert.match(
    missing.message,
    /^CACHE \.\/missing\.js: it was not found; there is no file \/.*\/missing\.js$/,
  );
  const packageMissing = await rejects(open({ TASK_STORE: 'npm:@acme/missing' }), 'configuration');
  assert.match(
    packageMissing.message,
    'it was not found; install it beside miyabi-progress: npm install @acme/missing',
  );
});

test('ports that lack a method are refused by the names of those, and what was opened is closed', () =>
  withFile(
    `export const closed = [];
     export const backend = { contract: 1, logSource: () => ({
       ports: { logSource: { groups() {} } }, close: async () => closed.push(true) }) };`,
    async (file) => {
      const { message } = await rejects(open({ LOG_SOURCE: file }), 'configuration');
      assert.match(message, 'what logSource() opens lacks logSource.read, logReader; see docs/adapters.md');
      assert.equal((await import(file)).closed, [true]);
    },
  ));

test('miyabi setup runs what the module brings for it', () =>
  withFile(
    `export const backend = { contract: 1, setUp: async ({ dataDir }) => [{ what: 'table ' + dataDir, outcome: 'created' }] };`,
    async (file) => {
      const config = readConfig({ MIYABI_BACKEND: 'memory', TASK_STORE: file, MIYABI_DATA_DIR: 'd' });
      const steps = [];
      for await (const step of setUp(config, memoryLogger())) steps.push(step);
      assert.equal(steps[0], { what: 'table d', outcome: 'created' });
      const refused = await rejects(openArchive(config, { logger: memoryLogger() }), 'configuration');
      assert.match(refused.message, 'none of ours and cannot be moved');
    },
  ));

test('a setting that is neither one of ours nor a module is refused', () => {
  for (const [name, value] of [
    ['TASK_STORE', 'postgres'],
    ['CACHE', 'npm:'],
    ['LOG_SOURCE', 'adapter.js'],
    ['FEED', '@acme/feed'],
  ] as const)
    assert.throws(
      () => readConfig({ [name]: value }),
      new RegExp(`${name} must be one of .*npm:.*not "${value}"`),
    );
  for (const value of ['npm:a', './a.js', '../a.js', '/opt/a.js'])
    assert.is(readConfig({ TASK_STORE: value }).taskStore, value);
});

test('an error of another copy of this package is one of ours', () => {
  class Copy extends Error {
    readonly code = 'version_conflict';
    readonly fields = [];
    get [Symbol.for('miyabi-progress.error')]() {
      return true;
    }
  }
  assert.ok(isMiyabiError(new Copy(), 'version_conflict'));
  assert.not(isMiyabiError(new Error('x')));
  assert.ok(isMiyabiError(new MiyabiError('not_found', 'x')));
});

test.run();
