import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { systemSleep } from '../../src/adapters/system/sleep.ts';
import type { Probe } from '../../src/ports/probe.ts';
import { healthService } from '../../src/services/health.ts';
import { suite } from '../support/suite.ts';

const test = suite('Health');

const probe = (name: string, required: boolean, check: () => Promise<void>): Probe => ({
  name,
  required,
  check,
});
const up = async () => undefined;
const down = async () => Promise.reject(new Error('refused'));
const never = () => new Promise<void>(() => {});

const setUp = (...probes: readonly Probe[]) => {
  const clock = memoryClock();
  const logger = memoryLogger();
  const aborted: boolean[] = [];
  /** Time passes only if no backend has answered by then. */
  const sleep = async (ms: number, signal?: AbortSignal) => {
    for (let round = 0; round < 10; round += 1) await Promise.resolve();
    aborted.push(signal?.aborted === true);
    if (signal?.aborted !== true) clock.advance(ms);
  };
  return { health: healthService({ probes, steadyClock: clock, logger, sleep }), logger, aborted };
};

test('is ready when every backend answers, and leaves no timer', async () => {
  const { health, aborted } = setUp(probe('store', true, up), probe('cache', false, up));
  const { status, backends } = await health.ready();
  assert.equal([status, backends['store']], ['ready', { status: 'up', latency_ms: 0 }]);
  for (let round = 0; round < 20; round += 1) await Promise.resolve();
  assert.equal(aborted, [true, true]);
});

test('is degraded without an optional backend, unavailable without a required one', async () => {
  const optional = setUp(probe('store', true, up), probe('cache', false, down));
  assert.is((await optional.health.ready()).status, 'degraded');
  const required = setUp(probe('store', true, down), probe('cache', false, up));
  assert.is((await required.health.ready()).status, 'unavailable');
});

test('logs what is wrong with a backend, which the answer does not reveal', async () => {
  const { health, logger } = setUp(probe('store', true, down));
  assert.not.match(JSON.stringify(await health.ready()), 'refused');
  const [entry] = logger.entries;
  assert.equal([entry?.message, entry?.fields['backend']], ['A backend is down', 'store']);
  assert.match(String(entry?.fields['error']), 'refused');
});

test('counts a backend that does not answer within a second as down', async () => {
  const { health } = setUp(probe('store', true, never));
  const { status, backends } = await health.ready();
  assert.equal([status, backends['store']], ['unavailable', { status: 'down', latency_ms: 1_000 }]);
});

test('asks the backends once a second at most, and logs when one goes down and comes back', async () => {
  const clock = memoryClock();
  const logger = memoryLogger();
  let requested = 0;
  let isDown = false;
  const check = async () => {
    requested += 1;
    if (isDown) throw new Error('refused');
  };
  const health = healthService({
    probes: [{ name: 'store', required: true, check }],
    steadyClock: clock,
    logger,
    sleep: systemSleep(),
  });
  await Promise.all(Array.from({ length: 100 }, () => health.ready()));
  assert.is((await health.ready()).status, 'ready');
  assert.is(requested, 1);
  isDown = true;
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1_000);
    assert.is((await health.ready()).status, 'unavailable');
  }
  isDown = false;
  clock.advance(1_000);
  assert.is((await health.ready()).status, 'ready');
  assert.is(requested, 5);
  assert.equal(
    logger.entries.map(({ level, message }) => [level, message]),
    [
      ['warn', 'A backend is down'],
      ['info', 'A backend is up again'],
    ],
  );
});

test.run();
