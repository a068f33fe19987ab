import { createHash } from 'node:crypto';
import parse from 'parse-prometheus-text-format';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogSource } from '../../src/adapters/memory/log-source.ts';
import { metricsText } from '../../src/api/metrics-text.ts';
import type { ApiKey } from '../../src/domain/api-keys.ts';
import type { MetricFamily } from '../../src/services/metrics.ts';
import { type Api, withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('/metrics');

/** The families as another program reads them. */
const scrape = async ({ call }: Pick<Api, 'call'>, headers: Record<string, string> = {}) => {
  const { status, text, headers: answered } = await call('GET', '/metrics', undefined, headers);
  assert.is(status, 200, text);
  assert.is(answered['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  return new Map(parse(text).map((family) => [family.name, family.metrics]));
};

const figure = (
  families: Awaited<ReturnType<typeof scrape>>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined => {
  const found = families
    .get(name)
    ?.find((metric) => Object.entries(labels).every(([label, value]) => metric.labels?.[label] === value));
  return found?.value === undefined ? undefined : Number(found.value);
};

test(
  'counts tasks by project and status, and durations of those that ended',
  withApi(async (api) => {
    const { call } = api;
    const create = (task_id: string, project_id: string, status: string) =>
      call('POST', '/api/tasks', { task_id, project_id, status });
    await create('a', 'tea', 'running');
    await create('b', 'tea', 'pending');
    await create('c', 'kiln', 'blocked');
    for (const [id, seconds] of [
      ['x', 3],
      ['y', 90_000],
    ] as const) {
      const started_at = new Date(Date.now() - seconds * 1_000).toISOString();
      await call('POST', '/api/tasks', { task_id: id, project_id: 'kiln', status: 'running', started_at });
      await call('POST', `/api/tasks/${id}/progress`, { status: 'failed' });
    }
    const families = await scrape(api);
    const tasks = (project: string, status: string) => figure(families, 'miyabi_tasks', { project, status });
    assert.equal(
      [tasks('tea', 'active'), tasks('tea', 'failed'), tasks('kiln', 'blocked'), tasks('kiln', 'failed')],
      [2, 0, 1, 2],
    );
    const [durations] = families.get('miyabi_task_duration_seconds') ?? [];
    // The parser reads neither labels nor sums of a histogram.
    const { text } = await call('GET', '/metrics');
    assert.match(text, 'miyabi_task_duration_seconds_bucket{status="failed",le="+Inf"} 2\n');
    assert.match(text, /^miyabi_task_duration_seconds_sum\{status="failed"\} 9000[3-9]$/m);
    assert.match(text, 'miyabi_task_duration_seconds_count{status="failed"} 2\n');
    const { buckets = {} } = durations ?? {};
    assert.equal([buckets['1'], buckets['5'], buckets['86400'], buckets['+Inf']], ['0', '1', '1', '2']);
  }),
);

test(
  'counts what came in by logs and what the cache had',
  withApi(async (api) => {
    const { call } = api;
    await call('POST', '/api/logs', {
      log_group: 'g',
      log_stream: 's',
      project_id: 'tea',
      events: [
        { timestamp: 1_790_000_000_000, message: 'Step 1/4\nnothing to see' },
        { timestamp: 1_790_000_001_000, message: 'Step 2/4' },
      ],
    });
    const { json } = await call('GET', '/api/tasks?project_id=tea');
    const [{ task_id }] = json.tasks;
    await call('GET', `/api/tasks/${task_id}`);
    await call('GET', '/api/tasks/unknown');
    const families = await scrape(api);
    assert.is(figure(families, 'miyabi_log_events_total'), 2);
    assert.is(figure(families, 'miyabi_log_lines_total'), 3);
    assert.is(figure(families, 'miyabi_log_signals_total'), 2);
    assert.is(figure(families, 'miyabi_task_cache_reads_total', { result: 'hit' }), 1);
    assert.is(figure(families, 'miyabi_task_cache_reads_total', { result: 'miss' }), 1);
  }),
);

test('says how long ago each log group was read, and whether that failed', async () => {
  const source = memoryLogSource();
  source.add('/miyabi/agents', 's', { id: '1', timestamp: 1_790_000_000_000, message: 'Step 1/4' });
  source.add('/miyabi/cdk-deploy', 's');
  source.fail('/miyabi/cdk-deploy', new Error('throttled'));
  const clock = memoryClock();
  await withApi(
    async (api) => {
      clock.advance(60_000);
      await api.collector.collect({});
      clock.advance(7_000);
      const families = await scrape(api);
      const of = (log_group: string) => [
        figure(families, 'miyabi_collector_runs_total', { log_group, result: 'collected' }),
        figure(families, 'miyabi_collector_runs_total', { log_group, result: 'failed' }),
        figure(families, 'miyabi_collector_lag_seconds', { log_group }),
      ];
      assert.equal(of('/miyabi/agents'), [1, 0, 7]);
      assert.equal(of('/miyabi/cdk-deploy'), [0, 1, 67]);
    },
    {},
    {},
    { logSource: source, clock },
  )();
});

test(
  'gives the hundred largest projects series of their own, and sums up the others',
  withApi(async (api) => {
    const { call } = api;
    for (let batch = 0; batch < 2; batch += 1) {
      const tasks = Array.from({ length: 51 }, (_task, index) => ({ project_id: `p-${batch}-${index}` }));
      await call('POST', '/api/tasks:batch', { tasks });
    }
    await call('POST', '/api/tasks', { project_id: 'p-1-50' });
    const families = await scrape(api);
    const series = families.get('miyabi_tasks') ?? [];
    const projects = new Set(series.map(({ labels }) => labels?.['project']));
    assert.is(projects.size, 101);
    assert.ok(projects.has('p-1-50'), 'the one with the most tasks');
    assert.is(figure(families, 'miyabi_tasks', { project: '(other)', status: 'active' }), 2);
  }),
);

const keyOf = (key: string, project_id?: string): ApiKey => ({
  hash: createHash('sha256').update(key).digest('hex'),
  scope: 'read',
  ...(project_id === undefined ? {} : { project_id }),
});

test(
  'shows a key of a project only the tasks of that project, and nothing without a key',
  withApi(
    async (api) => {
      const headers = (key: string) => ({ authorization: `Bearer ${key}` });
      const { call, tasks } = api;
      await tasks.create({ project_id: 'tea' });
      await tasks.create({ project_id: 'kiln' });
      assert.is((await call('GET', '/metrics')).status, 401);
      const bound = await scrape(api, headers('a-key-of-tea'));
      assert.equal([...bound.keys()], ['miyabi_tasks']);
      assert.ok(bound.get('miyabi_tasks')?.every(({ labels }) => labels?.['project'] === 'tea'));
      assert.ok((await scrape(api, headers('a-key-that-reads'))).size > 3);
    },
    {},
    { apiKeys: [keyOf('a-key-that-reads'), keyOf('a-key-of-tea', 'tea')] },
  ),
);

test(
  'answers 404 where metrics are off, with the way to turn them on',
  withApi(
    async ({ call }) => {
      const { status, json } = await call('GET', '/metrics');
      assert.is(status, 404);
      assert.match(json.error, 'METRICS=true');
    },
    { METRICS: 'false' },
  ),
);

test('escapes labels and help', () => {
  const family: MetricFamily = {
    name: 'm',
    help: 'a\nb\\c',
    type: 'gauge',
    samples: [{ name: 'm', labels: { group: 'a"b\\c\nd' }, value: 1.5 }],
  };
  assert.is(metricsText([family]), '# HELP m a\\nb\\\\c\n# TYPE m gauge\nm{group="a\\"b\\\\c\\nd"} 1.5\n');
});

test.run();
