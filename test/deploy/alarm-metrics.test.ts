// What the built functions write in the state that an alarm is for, compared with what the alarm looks at.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { dynamodbOutbox } from '../../src/adapters/dynamodb/outbox.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { read } from '../docs/fences.ts';
import { ADMIN_ENTRY, apiEvent, type Outcome, openArtifacts } from '../support/artifact.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../support/dynalite.ts';
import { freePort } from '../support/free-port.ts';
import { synthesise } from '../support/stack.ts';
import { shared, suite } from '../support/suite.ts';

const test = suite('Metrics of alarms');

const artifacts = shared('the bundles', openArtifacts, (opened) => opened.close());
const SECRETS = { API_KEYS: ADMIN_ENTRY, MIYABI_SECRET: 'a-secret-of-32-characters-or-more' };

type Alarm = Readonly<{
  AlarmName: string;
  Namespace?: string;
  MetricName?: string;
  Dimensions?: readonly Readonly<{ Name: string; Value: unknown }>[];
  /** The parts of a formula. */
  Metrics?: readonly Readonly<{
    Expression?: unknown;
    MetricStat?: Readonly<{ Metric: Pick<Alarm, 'Namespace' | 'MetricName' | 'Dimensions'> }>;
  }>[];
  Threshold: number;
}>;

const { ofType } = synthesise({});
// The properties that CloudFormation defines.
const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties as unknown as Alarm);

/** Those on metrics that Miyabi itself writes; all others are of AWS. */
const own = alarms.filter(({ Namespace }) => Namespace === 'Miyabi');

const alarmNamed = (name: string): Alarm => {
  const found = own.find(({ AlarmName }) => AlarmName === `miyabi-${name}`);
  if (found === undefined) throw new Error(`there is no alarm ${name}`);
  return found;
};

/** What an HTTP server on this machine answers to a JSON body. */
const serving = async (
  answer: (body: Record<string, unknown>) => Readonly<{ status: number; body: unknown }>,
) => {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body } = answer(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

type Line = Readonly<Record<string, unknown>>;

const invoked = async (
  name: 'api' | 'collector' | 'webhooks',
  events: readonly unknown[],
  env: Readonly<Record<string, string>>,
): Promise<Readonly<{ outcomes: readonly Outcome[]; lines: readonly Line[] }>> => {
  const lines: Line[] = [];
  const outcomes = await (await artifacts()).invoke(
    name,
    events,
    { POWERTOOLS_SERVICE_NAME: `miyabi-${name}`, ...env },
    (line) => {
      if (line.startsWith('{')) lines.push(JSON.parse(line));
    },
  );
  return { outcomes, lines };
};

/** The values of the series that an alarm looks at: its namespace, name and dimensions, no more and no fewer. */
const valuesFor = ({ Namespace, MetricName, Dimensions = [] }: Alarm, lines: readonly Line[]) =>
  lines.flatMap((line) => {
    const { CloudWatchMetrics = [] } = (line['_aws'] ?? {}) as Readonly<{
      // The embedded metric format.
      CloudWatchMetrics?: readonly Readonly<{
        Namespace: string;
        Dimensions: readonly (readonly string[])[];
        Metrics: readonly Readonly<{ Name: string }>[];
      }>[];
    }>;
    const isWritten = CloudWatchMetrics.some(
      (written) =>
        written.Namespace === Namespace &&
        written.Metrics.some(({ Name }) => Name === MetricName) &&
        written.Dimensions.some(
          (names) =>
            names.length === Dimensions.length &&
            Dimensions.every(({ Name, Value }) => names.includes(Name) && line[Name] === Value),
        ),
    );
    return isWritten ? [Number(line[MetricName ?? ''])] : [];
  });

test('this file drives every metric of our own that an alarm looks at', () => {
  assert.equal(
    own.map(({ AlarmName }) => AlarmName).sort(),
    ['cache-failures', 'collector-groups-failed', 'high-retry-rate', 'webhooks-late'].map(
      (name) => `miyabi-${name}`,
    ),
  );
});

test.slow(
  'a log group that cannot be read, and one that is throttled, are counted by the collector',
  async () => {
    let isThrottled = true;
    const logs = await serving(({ logGroupName }) => {
      if (logGroupName === '/miyabi/agents')
        return { status: 400, body: { __type: 'ResourceNotFoundException' } };
      if (!isThrottled) return { status: 200, body: { events: [] } };
      isThrottled = false;
      return { status: 400, body: { __type: 'ThrottlingException' } };
    });
    try {
      const schedule = {
        source: 'aws.events',
        'detail-type': 'Scheduled Event',
        time: new Date().toISOString(),
      };
      const { lines } = await invoked('collector', [schedule], {
        MIYABI_BACKEND: 'memory',
        LOG_SOURCE: 'cloudwatch',
        CLOUDWATCH_LOGS_ENDPOINT: logs.url,
      });
      assert.equal(valuesFor(alarmNamed('collector-groups-failed'), lines), [1]);
      assert.equal(valuesFor(alarmNamed('high-retry-rate'), lines), [1]);
    } finally {
      logs.close();
    }
  },
);

test.slow('a message that waited too long is measured by the sender of webhooks', async () => {
  const dynamodb = await openTestDynamodb();
  const client = dynamodbClient({ endpoint: dynamodb.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
  const receiver = await serving(() => ({ status: 200, body: {} }));
  const env = {
    ...SECRETS,
    MIYABI_BACKEND: 'aws',
    CACHE: 'none',
    FEED: 'memory',
    DYNAMODB_ENDPOINT: dynamodb.endpoint,
    WEBHOOK_ALLOW: '127.0.0.1',
  };
  try {
    const names = { tasks: 'miyabi-tasks', projects: 'miyabi-projects', webhooks: 'miyabi-webhooks' };
    await createTables(client, names);
    const { outcomes } = await invoked(
      'api',
      [
        apiEvent('POST', '/api/projects', {
          body: { project_id: 'shop', project_name: 'Shop', owner: 'ops' },
        }),
        apiEvent('POST', '/api/projects/shop/webhooks', { body: { url: receiver.url } }),
      ],
      env,
    );
    const [, { answer } = {}] = outcomes;
    const { body } = answer as { body: string }; // The answer of our own route.
    const { webhook_id } = JSON.parse(body) as { webhook_id: string }; // Likewise.
    const alarm = alarmNamed('webhooks-late');
    const since = Date.now() - alarm.Threshold - 60_000;
    const outbox = dynamodbOutbox({ client, tableName: names.webhooks, clock: systemClock() });
    await outbox.add([
      {
        delivery_id: 'd',
        webhook_id,
        project_id: 'shop',
        event: 'task.failed',
        body: '{}',
        attempts: 0,
        due_at: since,
        created_at: since,
      },
    ]);
    const { lines } = await invoked('webhooks', [{}], { ...env, MIYABI_PRIME: 'none' });
    const [lateness = 0] = valuesFor(alarm, lines);
    assert.ok(lateness > alarm.Threshold, `${lateness} ms`);
  } finally {
    client.destroy();
    receiver.close();
    await dynamodb.close();
  }
});

test.slow('a cache that does not answer is logged as the filter of its alarm expects', async () => {
  const { lines } = await invoked('api', [apiEvent('GET', '/api/tasks/t')], {
    ...SECRETS,
    MIYABI_BACKEND: 'memory',
    CACHE: 'redis',
    REDIS_ENDPOINT: '127.0.0.1',
    REDIS_PORT: String(await freePort()),
    LOG_LEVEL: 'warn',
  });
  // The properties that CloudFormation defines.
  const filter = ofType('AWS::Logs::MetricFilter')[0]?.[1].Properties as unknown as Readonly<{
    FilterPattern: string;
    MetricTransformations: readonly Readonly<{ MetricNamespace: string; MetricName: string }>[];
  }>;
  const [, field = '', value] = /^\{ \$\.(\w+) = "(.*)" \}$/.exec(filter.FilterPattern) ?? [];
  assert.ok(
    lines.some((line) => line[field] === value),
    JSON.stringify(lines),
  );
  const { Namespace, MetricName, Dimensions = [] } = alarmNamed('cache-failures');
  assert.equal(
    filter.MetricTransformations.map((one) => [one.MetricNamespace, one.MetricName]),
    [[Namespace, MetricName]],
  );
  assert.equal(Dimensions, [], 'a filter writes none');
});

/** What an alarm looks at, as `Namespace Metric Dimension, …`, by itself or in a formula or a query. */
const metricsOfAlarm = ({
  Namespace,
  MetricName,
  Dimensions = [],
  Metrics = [],
}: Alarm): readonly string[] => {
  if (Namespace !== undefined) return [lineOf(Namespace, MetricName, Dimensions)];
  return Metrics.flatMap(({ MetricStat, Expression }) => {
    if (MetricStat !== undefined) {
      const { Metric } = MetricStat;
      return [lineOf(Metric.Namespace, Metric.MetricName, Metric.Dimensions)];
    }
    const query = /SELECT SUM\((\w+)\) FROM SCHEMA\(\\?"([\w/]+)\\?", ([\w, ]+)\)/.exec(
      JSON.stringify(Expression),
    );
    return query === null ? [] : [`${query[2]} ${query[1]} ${query[3]}`];
  });
};

const lineOf = (namespace = '', name = '', dimensions: Alarm['Dimensions'] = []): string =>
  `${namespace} ${name} ${dimensions.map(({ Name }) => Name).join(', ')}`.trim();

test('the runbook lists the metrics of each alarm, with every cache', () => {
  const synthesised = (['none', 'node', 'serverless'] as const).flatMap((cache) =>
    synthesise({ cache })
      .ofType('AWS::CloudWatch::Alarm')
      // The properties that CloudFormation defines.
      .map(([, { Properties }]) => Properties as unknown as Alarm),
  );
  const found = synthesised.flatMap((alarm) =>
    metricsOfAlarm(alarm).map((metric) => `${alarm.AlarmName.replace('miyabi-', '')} ${metric}`),
  );
  const [, section = ''] = read('docs/operations.md').split('### Metrics of the alarms\n');
  const [table = ''] = section.split('\n### ');
  const rows = [...table.matchAll(/^\| `([\w-]+)`[^|]* \| `([\w/]+)` `([\w-]+)` \|(.*)\|$/gm)];
  assert.equal(
    rows.map(([, ...cells]) => cells.join(' ').replaceAll('`', '').replace(/\s+/g, ' ').trim()).sort(),
    [...new Set(found)].sort(),
  );
});

test('alarms on metrics of AWS name resources of the stack', () => {
  const ofAws = alarms.filter(({ Namespace }) => Namespace?.startsWith('AWS/'));
  assert.ok(ofAws.length > 5);
  for (const { AlarmName, Namespace, Dimensions = [] } of ofAws) {
    assert.ok(Dimensions.length > 0, AlarmName);
    for (const { Name, Value } of Dimensions) {
      // The name of the cluster is written out, as ElastiCache makes it of the group's.
      const isKnown =
        typeof Value === 'object' || (Namespace === 'AWS/ElastiCache' && Value === 'miyabi-cache-001');
      assert.ok(isKnown, `${AlarmName} ${Name} ${JSON.stringify(Value)}`);
    }
  }
});

test.run();
