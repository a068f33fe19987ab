import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { type MetricsBatch, memoryMetrics } from '../../../src/adapters/memory/metrics.ts';
import { memoryTaskCache } from '../../../src/adapters/memory/task-cache.ts';
import { memoryTaskStore } from '../../../src/adapters/memory/task-store.ts';
import { powertoolsMetrics } from '../../../src/adapters/powertools/metrics.ts';
import { httpApp } from '../../../src/api/app.ts';
import { signedCursors } from '../../../src/api/cursor.ts';
import { readConfig } from '../../../src/config.ts';
import { compose } from '../../../src/container/compose.ts';
import { unavailable } from '../../../src/domain/errors.ts';
import { requestMetrics } from '../../../src/entrypoints/lambda/request-metrics.ts';
import { caller } from '../../support/api.ts';
import { captured } from '../../support/captured.ts';
import { suite } from '../../support/suite.ts';

const test = suite('Metrics of requests');

/** The application with metrics in memory, under their routes; those of the service are under ''. */
const open = async () => {
  const clock = memoryClock();
  const made = new Map<string, ReturnType<typeof memoryMetrics>>();
  const metrics = requestMetrics({
    metricsOf: (route = '') => {
      const one = memoryMetrics();
      assert.not(made.has(route), `${route} is made once`);
      made.set(route, one);
      return one;
    },
    clock,
  });
  const tasks = memoryTaskStore();
  const isDown = { value: false };
  const services = await compose(
    readConfig({ MIYABI_BACKEND: 'memory', LOG_LEVEL: 'silent' }),
    {
      clock,
      taskCache: memoryTaskCache({ clock }),
      taskStore: {
        ...tasks,
        find: async (id) => {
          clock.advance(7);
          if (isDown.value) throw unavailable('The store', new Error('down'));
          return tasks.find(id);
        },
      },
      taskTally: tasks,
    },
    metrics.counted,
  );
  const app = httpApp({ ...services, cursors: signedCursors('a secret of the tests') }, services.logger, {
    observe: metrics.observe,
  });
  const total = (route: string): MetricsBatch => {
    const batches = made.get(route)?.flushed ?? [];
    const counts: Record<string, number> = {};
    const durations: Record<string, readonly number[]> = {};
    for (const batch of batches) {
      for (const [name, value] of Object.entries(batch.counts)) counts[name] = (counts[name] ?? 0) + value;
      for (const [name, list] of Object.entries(batch.durations))
        durations[name] = [...(durations[name] ?? []), ...list];
    }
    return { counts, durations };
  };
  return { call: caller(app), clock, made, total, isDown, close: services.close };
};

test('are the latency and the errors of each route, and hits and misses of the cache', async () => {
  const { call, clock, total, isDown, close } = await open();
  await call('POST', '/api/tasks', { task_id: 't' });
  clock.advance(2_000);
  for (const id of ['t', 'missing']) await call('GET', `/api/tasks/${id}`);
  isDown.value = true;
  await call('GET', '/api/tasks/unread');
  clock.advance(2_000);
  await call('GET', '/api/nothing');
  const read = total('GET /api/tasks/{task_id}');
  assert.equal(read.counts, { ClientErrors: 1, ServerErrors: 1 });
  assert.equal(read.durations['RequestDuration'], [0, 7, 7], 'the task that was written is in the cache');
  assert.equal(total('other').counts, { ClientErrors: 1 });
  assert.equal(total('').counts, { ColdStarts: 1, CacheHits: 1, CacheMisses: 2 });
  await close();
});

test('are written at once after a pause, and once a second in a burst', async () => {
  const { call, clock, made, close } = await open();
  for (let count = 0; count < 10; count += 1) await call('GET', '/health');
  assert.is(made.get('GET /health')?.flushed.length, 1);
  clock.advance(1_000);
  await call('GET', '/health');
  const [, burst] = made.get('GET /health')?.flushed ?? [];
  assert.is(burst?.durations['RequestDuration']?.length, 10);
  await close();
});

test('are of few routes, whatever is requested', async () => {
  const { call, made, close } = await open();
  for (let index = 0; index < 50; index += 1) {
    await call('GET', `/api/tasks/t${index}`);
    await call('GET', `/stranger/${index}`);
    await call(`X${index}`, '/api/tasks');
  }
  await call('HEAD', '/health');
  assert.equal([...made.keys()].sort(), ['', 'GET /api/tasks/{task_id}', 'GET /health', 'other']);
  await close();
});

test('keep their dimensions over more values than a line takes', async () => {
  const metrics = powertoolsMetrics({ service: 's', route: 'GET /r' });
  const text = await captured(() => {
    for (let index = 0; index < 250; index += 1) metrics.duration('RequestDuration', index);
    metrics.flush();
    metrics.flush();
  });
  const parsed = text
    .split('\n')
    .filter((line) => line.includes('_aws'))
    .map((line) => JSON.parse(line));
  assert.equal(
    parsed.flatMap(({ RequestDuration }) => RequestDuration),
    Array.from({ length: 250 }, (_, index) => index),
  );
  for (const { _aws, route, service } of parsed) {
    assert.equal([route, service], ['GET /r', 's']);
    assert.equal(
      _aws.CloudWatchMetrics[0].Dimensions.map((names: readonly string[]) => [...names].sort()),
      [['route', 'service'], ['service']],
    );
  }
});

test.run();
