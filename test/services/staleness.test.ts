import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { system } from '../support/system.ts';

const MINUTE = 60_000;

const setUp = async () => {
  const all = await system();
  const { ports, progress } = all;
  let count = 0;
  const say = (fields: Record<string, unknown>) => {
    count += 1;
    return progress.ingest({
      log_group: 'agents',
      log_stream: 's',
      events: [
        {
          id: `e${count}`,
          timestamp: ports.clock.now(),
          message: JSON.stringify({ task_id: 'a', ...fields }),
        },
      ],
    });
  };
  const task = async () => JSON.parse((await all.tasks.read('a')).json);
  return { ...all, say, task };
};

const test = suite('Staleness');

test('a task that speaks every ten seconds is stale after minutes of silence, and not before', async () => {
  const { say, ports, sweepStale, task } = await setUp();
  for (let current = 0; current < 10; current += 1) {
    await say({ progress: { current, total: 100 } });
    ports.clock.advance(10_000);
  }
  ports.clock.advance(4 * MINUTE);
  assert.equal(await sweepStale(), []);
  ports.clock.advance(2 * MINUTE);
  assert.equal(await sweepStale(), ['a']);
  const stale = await task();
  assert.is(stale.stale, true);
  assert.is(stale.status, 'running');
  assert.is(stale.eta_seconds, undefined);
});

test('a task of which only unknown words are known goes stale like any other, and never ends by them', async () => {
  const { say, ports, sweepStale, task } = await setUp();
  for (const status of ['frobnicating', 'de-frobnicated']) {
    await say({ status });
    ports.clock.advance(10_000);
  }
  const { status, details } = await task();
  assert.equal([status, details.phase], ['running', 'de-frobnicated']);
  ports.clock.advance(60 * MINUTE);
  assert.equal(await sweepStale(), ['a']);
  assert.is((await task()).stale, true);
});

test('a slow task may be silent for longer', async () => {
  const { say, ports, sweepStale } = await setUp();
  for (let current = 0; current < 4; current += 1) {
    await say({ progress: { current, total: 100 } });
    ports.clock.advance(10 * MINUTE);
  }
  ports.clock.advance(20 * MINUTE);
  assert.equal(await sweepStale(), []);
  ports.clock.advance(20 * MINUTE);
  assert.equal(await sweepStale(), ['a']);
});

test('the next line brings it back, even where it says nothing new', async () => {
  const { say, ports, sweepStale, task } = await setUp();
  await say({ progress: { current: 1, total: 100 } });
  ports.clock.advance(60 * MINUTE);
  await sweepStale();
  assert.is((await task()).stale, true);
  await say({ progress: { current: 1, total: 100 } });
  assert.is((await task()).stale, false);
});

test('lines that say the same again are signs of life', async () => {
  const { say, ports, sweepStale } = await setUp();
  for (let minute = 0; minute < 60; minute += 1) {
    await say({ progress: { current: 1, total: 100 } });
    ports.clock.advance(MINUTE);
  }
  assert.equal(await sweepStale(), []);
});

test('a task that has ended, or waits, is never stale', async () => {
  const { say, ports, sweepStale } = await setUp();
  await say({ status: 'blocked' });
  ports.clock.advance(600 * MINUTE);
  assert.equal(await sweepStale(), []);
  await say({ status: 'failed' });
  ports.clock.advance(600 * MINUTE);
  assert.equal(await sweepStale(), []);
});

test('a task that reports its progress itself has an estimate as well', async () => {
  const { ports, tasks } = await system();
  const { task_id: id } = await tasks.create({ task_name: 'brew', progress: { total: 10 } });
  await tasks.report(id, { current: 1 });
  ports.clock.advance(40_000);
  assert.is((await tasks.report(id, { current: 5 })).eta_seconds, 50);
  assert.is((await tasks.report(id, { current: 10 })).eta_seconds, undefined);
});

test('an estimate comes from the rate, then from earlier runs of the same name', async () => {
  const { ports, progress, tasks } = await system();
  const run = async (id: string, lines: readonly (readonly [seconds: number, current: number])[]) => {
    let at = 0;
    for (const [seconds, current] of lines) {
      ports.clock.advance((seconds - at) * 1000);
      at = seconds;
      await progress.ingest({
        log_group: 'agents',
        log_stream: id,
        events: [
          {
            id: `e${seconds}`,
            timestamp: ports.clock.now(),
            message: JSON.stringify({ task_id: id, task_name: 'brew', progress: { current, total: 10 } }),
          },
        ],
      });
    }
    return JSON.parse((await tasks.read(id)).json);
  };
  const first = await run('one', [
    [0, 0],
    [1, 1],
  ]);
  assert.is(first.eta_seconds, undefined);
  assert.is(
    (
      await run('one-more', [
        [0, 0],
        [40, 4],
      ])
    ).eta_seconds,
    60,
  );
  const done = await run('whole', [
    [0, 0],
    [100, 10],
  ]);
  assert.is(done.eta_seconds, undefined);
  assert.is((await run('next', [[0, 0]])).eta_seconds, 100);
});

test.run();
