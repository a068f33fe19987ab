// What the local server sends to a collector of OpenTelemetry, here an HTTP server of this test.
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { serveMiyabi, until } from '../support/cli.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../support/dynalite.ts';
import { freePort } from '../support/free-port.ts';
import { type CollectedSpan, type Collector, openCollector } from '../support/otlp-collector.ts';
import { hasRedisServer, startRedis } from '../support/redis.ts';
import { type RunningServer, runProgram, startServer } from '../support/server.ts';
import { needs, suite } from '../support/suite.ts';
import { withoutPackages } from '../support/uninstalled.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceparent = (flags: '00' | '01') => `00-${TRACE}-${PARENT}-${flags}`;

const stop = async (server: RunningServer): Promise<number | null> => {
  server.process.kill('SIGTERM');
  return server.ended;
};

/** Runs a server that sends its spans to a collector at once. */
const traced = async (
  env: Readonly<Record<string, string>>,
  run: (server: RunningServer, collector: Collector) => Promise<void>,
): Promise<void> => {
  const collector = await openCollector();
  const server = await startServer({
    MIYABI_BACKEND: 'memory',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...env,
  });
  try {
    await run(server, collector);
  } finally {
    await stop(server);
    await collector.close();
  }
};

const sendTask = (url: string, task: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(task),
  });

const named =
  (name: string) =>
  (span: CollectedSpan): boolean =>
    span.name === name;

/** A span begins at a whole millisecond, whenever that was, and ends after a precise time. */
const startsWithin = (request: CollectedSpan, start: bigint): boolean =>
  request.start <= start && start <= request.end + 1_000_000n;

type LogLine = Readonly<Record<string, unknown>>;
const logOf = (server: RunningServer): readonly LogLine[] =>
  server
    .errors()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): LogLine => JSON.parse(line));

const test = suite('OpenTelemetry on the local server');
const onRedis = needs(test, hasRedisServer, 'redis-server is not on the PATH');

test('each request is a span of its route in the trace of its caller; a stopping server sends the last ones', async () => {
  const collector = await openCollector();
  try {
    const server = await startServer({
      MIYABI_BACKEND: 'memory',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=tea%20house',
      OTEL_SERVICE_NAME: 'tea',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.namespace=shop',
      // Nothing is sent before the server stops.
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    });
    assert.match(server.output(), `Traces are sent to ${collector.url}`);
    const began = BigInt(Date.now()) * 1_000_000n;
    const created = await sendTask(
      server.url,
      { task_id: 'one', task_name: 'One' },
      { traceparent: traceparent('01'), 'x-request-id': 'order-17', 'user-agent': 'teapot/1' },
    );
    assert.is(created.status, 201);
    const read = await fetch(`${server.url}/api/tasks/one?fields=secret`);
    await read.text();
    await fetch(`${server.url}/api/tasks`, { method: 'HEAD' });
    await fetch(`${server.url}/nothing`);
    await sendTask(server.url, { task_name: 'x'.repeat(300_000) });
    assert.is(await stop(server), 0);
    assert.is(server.errors(), '');

    const spans = collector.spans();
    const summaries = spans.map(({ name, attributes, status }) => [
      name,
      attributes['http.response.status_code'],
      status,
    ]);
    assert.equal(summaries, [
      ['POST /api/tasks', 201, 'unset'],
      ['GET /api/tasks/{task_id}', 200, 'unset'],
      ['HEAD /api/tasks', 200, 'unset'],
      ['GET', 404, 'unset'],
      ['POST', 413, 'unset'],
    ]);
    const [post, get] = spans;
    assert.ok(post !== undefined && get !== undefined);
    assert.equal([post.kind, post.trace_id, post.parent_id], ['server', TRACE, PARENT]);
    assert.equal(post.attributes, {
      'http.request.method': 'POST',
      'http.route': '/api/tasks',
      'http.response.status_code': 201,
      'url.scheme': 'http',
      'url.path': '/api/tasks',
      'network.protocol.version': '1.1',
      'user_agent.original': 'teapot/1',
      'miyabi.request_id': 'order-17',
    });
    assert.ok(began <= post.start && post.start <= post.end, `${began} ${post.start} ${post.end}`);
    assert.equal([get.parent_id, get.attributes['url.path']], ['', '/api/tasks/one']);
    assert.is.not(get.trace_id, TRACE);
    assert.is(get.attributes['miyabi.request_id'], read.headers.get('x-request-id'));
    const version = JSON.parse(readFileSync('package.json', 'utf8')).version;
    for (const [name, value] of Object.entries({
      'service.name': 'tea',
      'service.version': version,
      'service.namespace': 'shop',
      'deployment.environment.name': 'test',
      'telemetry.sdk.name': 'opentelemetry',
    }))
      assert.is(post.resource[name], value, name);
    const [headers] = collector.requests;
    assert.equal([headers?.['content-type'], headers?.['x-tenant']], ['application/x-protobuf', 'tea house']);
  } finally {
    await collector.close();
  }
});

test('nothing of it is loaded unless a variable asks for it; then a missing package is named', async () => {
  const uninstalled = withoutPackages('@opentelemetry/');
  const server = await startServer({ MIYABI_BACKEND: 'memory', ...uninstalled });
  assert.is((await fetch(`${server.url}/health`)).status, 200);
  assert.is(await stop(server), 0);
  const refused = runProgram('server.ts', {
    env: { MIYABI_BACKEND: 'memory', ...uninstalled, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
  });
  assert.is(await refused.ended, 1);
  assert.match(
    refused.errors(),
    /^miyabi: OTEL_EXPORTER_OTLP_ENDPOINT needs the package @opentelemetry\/[a-z-]+, .*npm install .*OTEL_SDK_DISABLED=true\n$/,
  );
});

test.slow('turned off, nothing is loaded or sent', async () => {
  const uninstalled = withoutPackages('@opentelemetry/');
  for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }]) {
    await traced({ ...uninstalled, ...off }, async (server, collector) => {
      assert.is((await fetch(`${server.url}/health`)).status, 200);
      await stop(server);
      assert.equal(collector.requests, []);
    });
  }
});

test.slow('a failed backend marks its call and the request, and the log line names both', () =>
  traceFailure(async (server, collector) => {
    const answer = await fetch(`${server.url}/api/tasks/x`);
    assert.is(answer.status, 503);
    const request = await collector.spanOf('the request', named('GET /api/tasks/{task_id}'));
    assert.equal(
      [request.status, request.attributes['http.response.status_code'], request.attributes['error.type']],
      ['error', 503, '503'],
    );
    const call = await collector.spanOf('the call', named('taskStore.find'));
    assert.equal([call.trace_id, call.parent_id], [request.trace_id, request.span_id]);
    assert.equal([call.kind, call.status], ['client', 'error']);
    assert.equal(call.attributes, {
      'db.system.name': 'aws.dynamodb',
      'db.operation.name': 'taskStore.find',
      'error.type': 'unavailable',
    });
    const line = logOf(server).find(({ msg }) => msg === 'Request failed');
    assert.equal(
      [line?.['trace_id'], line?.['span_id'], line?.['request_id']],
      [request.trace_id, request.span_id, request.attributes['miyabi.request_id']],
    );
  }),
);

/** A server whose DynamoDB is not there. */
const traceFailure = async (run: Parameters<typeof traced>[1]): Promise<void> =>
  traced(
    {
      MIYABI_BACKEND: 'aws',
      LOG_SOURCE: 'memory',
      DYNAMODB_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    },
    run,
  );

onRedis(
  'calls of DynamoDB and Redis are spans of their request; those of jobs and open streams are left out',
  async () => {
    const dynamodb = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: dynamodb.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
    const redis = await startRedis();
    try {
      await createTables(client, {
        tasks: 'miyabi-tasks',
        projects: 'miyabi-projects',
        webhooks: 'miyabi-webhooks',
      });
      const env = {
        MIYABI_BACKEND: 'aws',
        LOG_SOURCE: 'memory',
        DYNAMODB_ENDPOINT: dynamodb.endpoint,
        REDIS_ENDPOINT: '127.0.0.1',
        REDIS_PORT: String(redis.address.port),
        COLLECT_INTERVAL_MS: '100',
      };
      await traced(env, async (server, collector) => {
        const leaving = new AbortController();
        // On a busy machine, Redis may not answer in time: that is a request with an error, and the next one is tried.
        let requested = 0;
        let stream: Response;
        do {
          requested += 1;
          stream = await fetch(`${server.url}/api/events`, {
            headers: { accept: 'text/event-stream' },
            signal: leaving.signal,
          });
        } while (stream.status === 503 && requested < 20);
        assert.is(stream.status, 200);
        const events = stream.body?.getReader();
        await events?.read();
        // It is sent while the stream is open.
        const open = await collector.spanOf('the stream', named('GET /api/events'));

        await sendTask(server.url, { task_id: 'one', task_name: 'One' });
        await (await fetch(`${server.url}/api/tasks/one`)).text();
        const conflict = await sendTask(server.url, { task_id: 'one', task_name: 'One' });
        assert.is(conflict.status, 409);
        // The reader of the feed, which the stream has started, has seen the task.
        await events?.read();
        await (await fetch(`${server.url}/api/projects`)).text();
        await collector.spanOf('the last request', named('GET /api/projects'));
        leaving.abort();

        const spans = collector.spans();
        const requests = new Map(
          spans.filter(({ kind }) => kind === 'server').map((span) => [span.span_id, span]),
        );
        const calls = spans.filter(({ kind }) => kind === 'client');
        for (const { name, trace_id, parent_id, start, attributes, status } of calls) {
          const request = requests.get(parent_id);
          assert.is(request?.trace_id, trace_id, name);
          assert.ok(request !== undefined && startsWithin(request, start), name);
          assert.is(attributes['db.operation.name'], name);
          assert.is(status, attributes['error.type'] === 'unavailable' ? 'error' : 'unset', name);
        }
        const callsOf = (name: string) =>
          calls
            .filter(({ parent_id }) => requests.get(parent_id)?.name === name)
            .map((call) => `${call.attributes['db.system.name']} ${call.name}`);
        assert.ok(callsOf('POST /api/tasks').includes('aws.dynamodb taskStore.save'));
        assert.ok(callsOf('POST /api/tasks').includes('redis changeFeed.publish'));
        assert.ok(callsOf('GET /api/tasks/{task_id}').includes('redis taskCache.find'));
        assert.ok(callsOf('GET /api/events').length <= 3 * requested, callsOf('GET /api/events').join());
        assert.ok(open.end > open.start);
      });
    } finally {
      client.destroy();
      await redis.stop();
      await dynamodb.close();
    }
  },
  { slow: true },
);

test.slow('a collector that fails slows nothing, and is logged when that begins and when it ends', () =>
  traced({ LOG_LEVEL: 'info' }, async (server, collector) => {
    const report = async (count: number): Promise<void> => {
      const before = collector.requests.length;
      while (collector.requests.length < before + count)
        assert.is((await fetch(`${server.url}/health`)).status, 200);
    };
    const about = (): readonly unknown[] =>
      logOf(server)
        .filter(({ msg }) => String(msg).includes('collector of traces'))
        .map(({ level, msg, reason }) => [level, msg, reason]);
    collector.answerWith(401);
    await report(4);
    const failing = [
      'warn',
      'The collector of traces does not accept them; they are dropped',
      '401 Unauthorized',
    ];
    assert.equal(about(), [failing]);
    collector.answerWith(200);
    await report(3);
    const well = ['info', 'The collector of traces accepts them again', undefined];
    assert.equal(about(), [failing, well]);
    collector.answerWith(undefined);
    await report(1);
    assert.is(await stop(server), 0);
  }),
);

test.slow('a server whose collector is not there answers, logs why and stops', () =>
  traced(
    {
      LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '50',
    },
    async (server) => {
      assert.is((await sendTask(server.url, { task_name: 'One' })).status, 201);
      await until('the reason is logged', () => server.errors().includes('ECONNREFUSED 127.0.0.1:1'));
      assert.is(await stop(server), 0);
    },
  ),
);

test.slow('a collector that does not answer delays the stop only for a moment', () =>
  traced(
    { OTEL_BSP_SCHEDULE_DELAY: '600000', OTEL_EXPORTER_OTLP_TIMEOUT: '60000', LOG_LEVEL: 'info' },
    async (server, collector) => {
      collector.answerWith(undefined);
      assert.is((await fetch(`${server.url}/health`)).status, 200);
      assert.is(await stop(server), 0);
      assert.equal(
        logOf(server).map(({ msg, timeout_ms }) => [msg, timeout_ms]),
        [['Stopped before all traces were sent', 1_500]],
      );
    },
  ),
);

test.slow('the sampler and the caller decide which requests are sent', () =>
  traced({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, async (server, collector) => {
    for (const headers of [{}, { traceparent: traceparent('00') }, { traceparent: traceparent('01') }])
      await sendTask(server.url, { task_name: 'One' }, headers);
    await stop(server);
    assert.equal(
      collector.spans().map(({ trace_id }) => trace_id),
      [TRACE],
    );
  }),
);

test.slow('values that cannot be used end the start with a line that names the variable', async () => {
  const wrong = [
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER must be otlp or none, not zipkin'],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not grpc: collectors accept it on port 4318',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://127.0.0.1:4318, not localhost:4317',
    ],
  ] as const;
  for (const [env, message] of wrong) {
    const program = runProgram('server.ts', {
      env: { MIYABI_BACKEND: 'memory', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', ...env },
    });
    assert.is(await program.ended, 1);
    assert.is(program.errors(), `miyabi: ${message}, or turn traces off with OTEL_SDK_DISABLED=true\n`);
  }
});

test.slow('miyabi serve sends traces, too', async () => {
  const collector = await openCollector();
  try {
    const server = await serveMiyabi(await freePort(), {
      MIYABI_BACKEND: 'memory',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    });
    await fetch(`${server.url}/health`);
    await server.stop();
    assert.equal(
      collector.spans().map(({ name }) => name),
      ['GET /health'],
    );
  } finally {
    await collector.close();
  }
});

test.run();
