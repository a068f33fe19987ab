import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container, ContainerModule } from 'inversify';
import * as assert from 'uvu/assert';
import { memoryClock } from '../src/adapters/memory/clock.ts';
import { memoryLogger } from '../src/adapters/memory/logger.ts';
import { readConfig } from '../src/config.ts';
import { compose, containerFor } from '../src/container/compose.ts';
import { providerOf } from '../src/container/provide.ts';
import { TOKENS } from '../src/container/tokens.ts';
import { estimates } from '../src/services/estimates.ts';
import { eventService } from '../src/services/events.ts';
import { rejects, suite } from './support/suite.ts';

/** Every configuration that binds a port in its own way. None of them needs a server to be resolved. */
const CONFIGURATIONS: Record<string, Record<string, string>> = {
  memory: { MIYABI_BACKEND: 'memory' },
  local: { MIYABI_BACKEND: 'local' },
  'aws with a cache': { MIYABI_BACKEND: 'aws', AWS_REGION: 'eu-west-1', REDIS_ENDPOINT: '127.0.0.1' },
  'aws without a cache': { MIYABI_BACKEND: 'aws', AWS_REGION: 'eu-west-1' },
  'memory with one port of another': { MIYABI_BACKEND: 'memory', LOG_SOURCE: 'file', CACHE: 'none' },
};

const test = suite('Container');

for (const [name, env] of Object.entries(CONFIGURATIONS)) {
  test(`every token resolves on ${name}, and all is let go of again`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'miyabi-container-'));
    const { container, close } = await containerFor(readConfig({ ...env, MIYABI_DATA_DIR: folder }), {
      logger: memoryLogger(),
    });
    try {
      for (const [key, token] of Object.entries(TOKENS)) {
        assert.ok(container.get<unknown>(token) !== undefined, key);
      }
    } finally {
      await close();
      await rm(folder, { recursive: true });
    }
  });
}

test('a port is one thing for the whole process', async () => {
  const { container, close } = await containerFor(readConfig({ MIYABI_BACKEND: 'memory' }), {
    logger: memoryLogger(),
  });
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
  const { container, close } = await containerFor(readConfig(env), { logger: memoryLogger() });
  const [first] = await container.get(TOKENS.logFormats)();
  assert.is(first?.name, 'brew');
  await close();
  await writeFile(file, JSON.stringify([{ name: 'brew', pattern: '(a+)+\\1 (?P<current>\\d+)' }]));
  const refused = await rejects(containerFor(readConfig(env), { logger: memoryLogger() }), 'configuration');
  assert.match(refused.message, 'brew');
  await rm(folder, { recursive: true });
});

test('a port that the caller provides takes the place of the configured one, for adapters too', async () => {
  const clock = memoryClock();
  const {
    tasks,
    clock: bound,
    close,
  } = await compose(readConfig({ MIYABI_BACKEND: 'memory' }), {
    clock,
    logger: memoryLogger(),
  });
  clock.advance(1_000);
  assert.is(bound.now(), clock.now());
  assert.is((await tasks.create({ task_id: 't' })).created_at, new Date(clock.now()).toISOString());
  await close();
});

test('a service that lacks a port, or gets another in its place, fails to compile', async () => {
  await new Container().load(
    new ContainerModule(({ bind }) => {
      const provide = providerOf(bind);
      provide('eventService', eventService, ['changeFeed', 'steadyClock', 'logger', 'sleep']);
      // @ts-expect-error: the logger is missing
      provide('estimates', estimates, ['checkpoints', 'clock', 'retryOnConflict']);
      // @ts-expect-error: the clock is missing, and a cache is no clock
      provide('eventService', eventService, ['changeFeed', 'taskCache', 'logger', 'sleep']);
    }),
  );
});

test.run();
