import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../src/adapters/memory/logger.ts';
import { readConfig } from '../src/config.ts';
import { containerFor } from '../src/container/compose.ts';
import { TOKENS } from '../src/container/tokens.ts';
import { rejects } from './support/contract.ts';

/** Every configuration that binds a port in its own way. None of them needs a server to be resolved. */
const CONFIGURATIONS: Record<string, Record<string, string>> = {
  memory: { MIYABI_BACKEND: 'memory' },
  local: { MIYABI_BACKEND: 'local' },
  'aws with a cache': { MIYABI_BACKEND: 'aws', AWS_REGION: 'eu-west-1', REDIS_ENDPOINT: '127.0.0.1' },
  'aws without a cache': { MIYABI_BACKEND: 'aws', AWS_REGION: 'eu-west-1' },
  'memory with one port of another': { MIYABI_BACKEND: 'memory', LOG_SOURCE: 'file', CACHE: 'none' },
};

/** Only one of the two is bound: they are the caches behind the port, not ports. */
const BEHIND_A_PORT = new Set<unknown>([
  TOKENS.memoryTaskCache,
  TOKENS.memoryTaskStore,
  TOKENS.redisTaskCache,
]);

const test = suite('Container');

for (const [name, env] of Object.entries(CONFIGURATIONS)) {
  test(`every token resolves on ${name}, and all is let go of again`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'miyabi-container-'));
    const { container, close } = await containerFor(
      readConfig({ ...env, MIYABI_DATA_DIR: folder }),
      memoryLogger(),
    );
    try {
      for (const [key, token] of Object.entries(TOKENS)) {
        if (BEHIND_A_PORT.has(token)) continue;
        assert.ok(container.get<unknown>(token) !== undefined, key);
      }
    } finally {
      await close();
      await rm(folder, { recursive: true });
    }
  });
}

test('a port is one thing for the whole process', async () => {
  const { container, close } = await containerFor(readConfig({ MIYABI_BACKEND: 'memory' }), memoryLogger());
  assert.is(container.get(TOKENS.taskStore), container.get(TOKENS.taskStore));
  await close();
});

test('own log formats are read before the built-in ones; a wrong one is refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-container-'));
  const { writeFile } = await import('node:fs/promises');
  const file = join(folder, 'formats.json');
  await writeFile(
    file,
    JSON.stringify([{ name: 'brew', pattern: 'cup (?P<current>\\d+) of (?P<total>\\d+)' }]),
  );
  const env = { MIYABI_BACKEND: 'memory', MIYABI_LOG_FORMATS: file };
  const { container, close } = await containerFor(readConfig(env), memoryLogger());
  const [first] = await container.get(TOKENS.logFormats)();
  assert.is(first?.name, 'brew');
  await close();
  await writeFile(file, JSON.stringify([{ name: 'brew', pattern: '(a+)+\\1 (?P<current>\\d+)' }]));
  const refused = await rejects(containerFor(readConfig(env), memoryLogger()), 'configuration');
  assert.match(refused.message, 'brew');
  await rm(folder, { recursive: true });
});

test.run();
