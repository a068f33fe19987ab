import * as assert from 'uvu/assert';
import { ROUTES } from '../../src/api/routes.ts';
import { ADMIN_ENTRY, apiEvent, openArtifacts } from '../support/artifact.ts';
import { synthesise } from '../support/stack.ts';
import { shared, suite } from '../support/suite.ts';

const test = suite('Metrics of the API');

const artifacts = shared('the bundles', openArtifacts, (opened) => opened.close());

type Emf = Readonly<Record<string, unknown>> &
  Readonly<{
    _aws: Readonly<{
      CloudWatchMetrics: readonly Readonly<{
        Namespace: string;
        Dimensions: readonly (readonly string[])[];
        Metrics: readonly Readonly<{ Name: string; Unit: string }>[];
      }>[];
    }>;
  }>;

const EVENTS = [
  apiEvent('POST', '/api/tasks', { body: { task_id: 't' } }),
  apiEvent('GET', '/api/tasks/t'),
  apiEvent('GET', '/api/tasks/missing'),
  apiEvent('GET', '/api/tasks/another'),
  apiEvent('GET', '/api/made-up-by-a-stranger'),
  apiEvent('PURGE', '/api/tasks/t'),
];

const measured = async (env: Readonly<Record<string, string>>): Promise<readonly Emf[]> => {
  const lines: Emf[] = [];
  const outcomes = await (await artifacts()).invoke(
    'api',
    // A second later, a request publishes what the others have counted.
    [...EVENTS, { pause_ms: 1_100 }, apiEvent('GET', '/api/tasks/t')],
    {
      MIYABI_BACKEND: 'memory',
      API_KEYS: ADMIN_ENTRY,
      MIYABI_SECRET: 'a-secret-of-32-characters-or-more',
      POWERTOOLS_SERVICE_NAME: 'miyabi-api',
      ...env,
    },
    (line) => {
      if (line.includes('"_aws"')) lines.push(JSON.parse(line));
    },
  );
  assert.equal(
    outcomes.map(({ answer, error }) => error ?? (answer as { statusCode: number }).statusCode),
    [201, 200, 404, 404, 404, 405, 200],
  );
  return lines;
};

/** With the option on, which several tests look at. */
let counted: Promise<readonly Emf[]> | undefined;
const measuredOnce = (): Promise<readonly Emf[]> => {
  counted ??= measured({ API_METRICS: 'true' });
  return counted;
};

/** Each series that the lines make in CloudWatch, e.g. `Miyabi RequestDuration service=miyabi-api`. */
const seriesIn = (lines: readonly Emf[]): readonly string[] => [
  ...new Set(
    lines.flatMap((line) =>
      line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Dimensions.flatMap((names) =>
          Metrics.map(({ Name }) =>
            [Namespace, Name, ...names.map((name) => `${name}=${String(line[name])}`).sort()].join(' '),
          ),
        ),
      ),
    ),
  ),
];

test.slow(
  'of the built function are those that the CloudWatch dashboard shows, by name and dimensions',
  async () => {
    const written = seriesIn(await measuredOnce());
    for (const name of ['RequestDuration', 'ColdStarts', 'CacheMisses'])
      assert.ok(written.includes(`Miyabi ${name} service=miyabi-api`), written.join('\n'));

    const shown = (options: Readonly<Record<string, string>>) => {
      const [, dashboard] = synthesise(options).ofType('AWS::CloudWatch::Dashboard')[0] ?? [];
      const text = JSON.stringify(dashboard);
      return [
        ...text.matchAll(
          /\[\\{1,3}"Miyabi\\{1,3}",\\{1,3}"(\w+)\\{1,3}",\\{1,3}"service\\{1,3}",\\{1,3}"miyabi-api\\{1,3}"/g,
        ),
      ].map(([, name]) => name ?? '');
    };
    assert.equal(shown({}), [], 'without the option there are none');
    assert.equal(shown({ apiMetrics: 'true' }).sort(), [
      ...['CacheHits', 'CacheMisses', 'ClientErrors', 'ColdStarts', 'RequestDuration', 'ServerErrors'],
    ]);
  },
);

test.slow('have a route of the contract as their only other dimension, even for unknown paths', async () => {
  const written = seriesIn(await measuredOnce());
  const known = Object.values(ROUTES).flatMap((group) =>
    Object.values(group).map(({ method, path }) => `${method} ${path}`),
  );
  const routes = new Set(written.flatMap((series) => /route=(.*) service=/.exec(series)?.[1] ?? []));
  assert.ok(routes.size > 0);
  for (const route of routes) assert.ok(route === 'other' || known.includes(route), route);
  assert.not.match(written.join(), 'stranger');
});

test.slow('are numbers, the durations too', async () => {
  const lines = await measuredOnce();
  const values = lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.flatMap(({ Name }) => line[Name])),
  );
  assert.ok(values.length >= EVENTS.length);
  for (const value of values) assert.ok(Number.isFinite(value), JSON.stringify(lines));
});

test.slow('are not written unless they are asked for', async () => {
  assert.equal(await measured({}), []);
});

test('have the variable in the environment of the API alone', () => {
  for (const [options, expected] of [
    [{}, 0],
    [{ apiMetrics: 'true' }, 1],
  ] as const) {
    const functions = JSON.stringify(synthesise(options).ofType('AWS::Lambda::Function'));
    assert.is(functions.split('"API_METRICS":"true"').length - 1, expected);
  }
});

test.run();
