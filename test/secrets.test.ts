import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { cloudwatchClient } from '../src/adapters/cloudwatch/client.ts';
import { cloudwatchLogSource } from '../src/adapters/cloudwatch/log-source.ts';
import { dynamodbClient } from '../src/adapters/dynamodb/client.ts';
import { createTables } from '../src/adapters/dynamodb/tables.ts';
import { exponentialBackoff } from '../src/adapters/exponential-backoff/backoff.ts';
import { powertoolsLogger } from '../src/adapters/powertools/logger.ts';
import { systemClock } from '../src/adapters/system/clock.ts';
import { pinoLogger } from '../src/adapters/system/logger.ts';
import { systemSleep } from '../src/adapters/system/sleep.ts';
import { httpApp } from '../src/api/app.ts';
import { signedCursors } from '../src/api/cursor.ts';
import { httpOptions } from '../src/api/options.ts';
import { readConfig } from '../src/config.ts';
import { compose } from '../src/container/compose.ts';
import { setUp } from '../src/container/set-up.ts';
import { serve } from '../src/entrypoints/local/serve.ts';
import type { Logger } from '../src/ports/logger.ts';
import { caller } from './support/api.ts';
import { captured } from './support/captured.ts';
import { MIYABI, run, until } from './support/cli.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from './support/dynalite.ts';
import { dynamodbGate } from './support/dynamodb-gate.ts';
import { freePort } from './support/free-port.ts';
import { hasRedisServer, startTlsRedis } from './support/redis.ts';
import { suite } from './support/suite.ts';

/** What must never be read in a log. Each is unlike anything else that could be there. */
const SECRETS = {
  key: 'miyabi_kq83-a-key-that-is-configured',
  wrongKey: 'miyabi_zz17-a-key-that-nobody-has',
  readKey: 'miyabi_rk21-a-key-that-only-reads',
  redisPassword: 'rp42-a-password-of-redis',
  cursorSecret: 'cs99-a-secret-that-signs-cursors',
  idempotencyKey: 'ik55-a-key-of-one-request',
  urlPassword: 'up61-a-password-in-an-address',
  webhookPath: 'wp77-a-path-that-is-all-one-needs-to-post',
  webhookKey: 'wk88-a-key-that-signs-webhooks',
} as const;
const HASH = createHash('sha256').update(SECRETS.key).digest('hex');

/** Fails if a text contains any of the secrets, plain or encoded, or the signature of a request. */
const revealsNothing = (text: string, where: string): void => {
  const forms = Object.entries(SECRETS).flatMap(([name, secret]) => [
    [name, secret],
    [`${name} in base64`, Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    [`${name}, escaped`, encodeURIComponent(secret)],
  ]);
  const others = [
    ['the hash of a key', HASH],
    ['a signature', 'AWS4-HMAC-SHA256'],
    ['a bearer token', 'Bearer miyabi_'],
  ];
  for (const [name, form] of [...forms, ...others]) {
    assert.not.ok(text.includes(form ?? ''), `${where} tells ${name}: ${excerpt(text, form ?? '')}`);
  }
};

const excerpt = (text: string, found: string): string => {
  const at = text.indexOf(found);
  return text.slice(Math.max(0, at - 200), at + 100);
};

/** Every logger that there is, at its most talkative, into one text. */
const LOGGERS: readonly (readonly [string, (write: (text: string) => void) => Logger])[] = [
  ['pino', (write) => pinoLogger({ level: 'debug', destination: { write } })],
  ['powertools', () => powertoolsLogger({ level: 'debug', service: 'test' })],
];

/** Reads from a CloudWatch Logs that does not answer, and tries once. */
const readLogs = async (endpoint: string): Promise<void> => {
  const client = cloudwatchClient({ endpoint });
  const sleep = systemSleep();
  const clock = systemClock();
  const policy = { attempts: 1, first_delay_ms: 1, max_delay_ms: 1 };
  const backoff = exponentialBackoff({ clock });
  const source = cloudwatchLogSource({
    client,
    groups: [],
    clock,
    steadyClock: clock,
    sleep,
    backoff,
    policy,
  });
  try {
    for await (const _page of source.read({ log_group: 'g' })) throw new Error('somebody answered');
  } finally {
    client.destroy();
  }
};

/** Every kind of failure, for callers and in backends. */
const misfortunes = async (logger: Logger, redis: Readonly<Record<string, string>>): Promise<void> => {
  const embedded = await openTestDynamodb();
  const client = dynamodbClient({ endpoint: embedded.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
  await createTables(client, {
    tasks: 'miyabi-tasks',
    projects: 'miyabi-projects',
    webhooks: 'miyabi-webhooks',
  });
  client.destroy();
  const gate = await dynamodbGate(embedded.endpoint);
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const config = readConfig({
    MIYABI_BACKEND: 'aws',
    DYNAMODB_ENDPOINT: `http://127.0.0.1:${gate.port}`,
    LOG_SOURCE: 'memory',
    API_KEYS: `${HASH}:admin, ${createHash('sha256').update(SECRETS.readKey).digest('hex')}:read`,
    MIYABI_SECRET: SECRETS.cursorSecret,
    REDIS_PASSWORD: SECRETS.redisPassword,
    ...redis,
  });
  const services = await compose(config, { logger });
  const app = httpApp(
    { ...services, cursors: signedCursors(SECRETS.cursorSecret) },
    logger,
    httpOptions(config, services.rateLimiter),
  );
  const call = caller(app);
  const by = (key: string) => ({ authorization: `Bearer ${key}` });
  try {
    // The store has a second to answer, which a busy machine may need more than once.
    await until('the API is ready', async () => (await call('GET', '/health/ready')).status === 200);
    const statuses = [
      await call('GET', '/api/tasks', undefined, by(SECRETS.wrongKey)),
      await call('GET', '/api/tasks', undefined, { 'x-api-key': SECRETS.wrongKey }),
      await call('GET', `/api/tasks?api_key=${SECRETS.wrongKey}`, undefined, by(SECRETS.key)),
      await call('POST', '/api/tasks', '{"broken', {
        ...by(SECRETS.key),
        'idempotency-key': SECRETS.idempotencyKey,
        'content-type': 'application/json',
      }),
      await call('GET', '/api/tasks?cursor=forged', undefined, by(SECRETS.key)),
    ];
    assert.equal(
      statuses.map(({ status }) => status),
      [401, 401, 400, 400, 400],
    );
    await services.projects.create({ project_id: 'hooked', project_name: 'Hooked' });
    await services.webhooks.create('hooked', {
      url: `https://hook.invalid/${SECRETS.webhookPath}`,
      secret: `whsec_${Buffer.from(SECRETS.webhookKey).toString('base64')}`,
    });
    await services.tasks.create({ task_id: 'hooked', project_id: 'hooked', status: 'failed' });
    await services.webhookSender.tick();
    await services.webhookSender.idle();
    const listed = await call('GET', '/api/projects/hooked/webhooks', undefined, by(SECRETS.readKey));
    assert.is(listed.json.webhooks[0].last_delivery.outcome, 'retrying');
    revealsNothing(listed.text, 'a list of webhooks');
    gate.throttle('all');
    await services.webhookSender.tick().catch((error: unknown) => logger.error('No webhooks', { error }));
    const refused = await Promise.all([
      call('POST', '/api/tasks', { task_name: 'a' }, by(SECRETS.key)),
      call(
        'POST',
        '/api/tasks',
        { task_name: 'b' },
        { ...by(SECRETS.key), 'idempotency-key': SECRETS.idempotencyKey },
      ),
      call('GET', '/api/projects', undefined, by(SECRETS.key)),
    ]);
    assert.equal(
      refused.map(({ status }) => status),
      [503, 503, 503],
    );
    // The answer that it was ready is given again for a second.
    let ready = await call('GET', '/health/ready');
    await until('the API is not ready', async () => {
      ready = await call('GET', '/health/ready');
      return ready.status === 503;
    });
    for (const { text, headers } of [...statuses, ...refused, ready])
      revealsNothing(JSON.stringify([text, headers]), 'an answer');
    gate.throttle('none');
    await readLogs(nowhere).catch((error: unknown) => logger.error('No logs', { error }));
    logger.error('What nobody foresaw', {
      error: new Error('outer', { cause: new Error('inner') }),
      password: SECRETS.redisPassword,
    });
  } finally {
    await services.close();
    await gate.close();
    await embedded.close();
  }
};

const test = suite('Secrets');

for (const [name, make] of LOGGERS) {
  const often = name === 'pino' ? test : test.slow;
  often(`none of them is in what ${name} writes while callers and backends fail`, async () => {
    let text = '';
    const port = await freePort();
    const written = await captured(() =>
      misfortunes(
        make((chunk) => {
          text += chunk;
        }),
        { REDIS_ENDPOINT: '127.0.0.1', REDIS_PORT: String(port) },
      ),
    );
    text += written;
    for (const complaint of [
      'Request failed',
      'A backend is down',
      'Redis',
      'No logs',
      'No webhooks',
      'What nobody foresaw',
    ])
      assert.match(text, complaint);
    revealsNothing(text, name);
  });
}

test('none of them is in the error of a wrong configuration', () => {
  const wrong = [
    { API_KEYS: SECRETS.key },
    { API_KEYS: `${HASH}:everything` },
    { API_KEYS: `${HASH}:admin,${SECRETS.key}` },
    { CACHE: 'redis', REDIS_PASSWORD: SECRETS.redisPassword },
    { REDIS_ENDPOINT: 'x', REDIS_PASSWORD: SECRETS.redisPassword, REDIS_PORT: '0' },
    { DYNAMODB_ENDPOINT: `ftp://user:${SECRETS.urlPassword}@host` },
    { MIYABI_SECRET: SECRETS.cursorSecret.slice(0, 6), PORT: 'x' },
  ];
  for (const env of wrong) {
    let reported = '';
    try {
      readConfig(env);
    } catch (error) {
      reported = `${String(error)} ${JSON.stringify(error)} ${error instanceof Error ? error.stack : ''}`;
    }
    assert.match(reported, 'must');
    revealsNothing(reported, Object.keys(env)[0] ?? '');
  }
});

test('none of them is in the errors of the command line, refused or without an answer', async () => {
  const config = readConfig({ MIYABI_BACKEND: 'memory', API_KEYS: `${HASH}:read`, LOG_LEVEL: 'silent' });
  const services = await compose(config);
  const app = httpApp(
    { ...services, cursors: signedCursors(SECRETS.cursorSecret) },
    services.logger,
    httpOptions(config, services.rateLimiter),
  );
  const server = await serve(app, { host: '127.0.0.1', port: 0, logger: services.logger });
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  try {
    const outcomes = await Promise.all([
      run([...MIYABI, 'tasks', 'list'], {
        env: { MIYABI_URL: server.url, MIYABI_API_KEY: SECRETS.wrongKey },
      }),
      run([...MIYABI, 'tasks', 'create', 'x'], {
        env: { MIYABI_URL: server.url, MIYABI_API_KEY: SECRETS.key },
      }),
      run([...MIYABI, 'tasks', 'list'], { env: { MIYABI_URL: nowhere, MIYABI_API_KEY: SECRETS.key } }),
      run([...MIYABI, 'tasks', 'list'], {
        env: { MIYABI_URL: `http://user:${SECRETS.urlPassword}@127.0.0.1:1` },
      }),
      run([...MIYABI, 'setup'], {
        env: {
          MIYABI_BACKEND: 'memory',
          CACHE: 'redis',
          REDIS_ENDPOINT: '127.0.0.1',
          REDIS_PORT: String(await freePort()),
          REDIS_PASSWORD: SECRETS.redisPassword,
          LOG_LEVEL: 'debug',
        },
      }),
    ]);
    for (const [index, { code, stdout, stderr }] of outcomes.entries()) {
      assert.ok(code !== 0 && stderr !== '', `command ${index}: ${code} ${stdout} ${stderr}`);
      revealsNothing(stdout + stderr, `command ${index}`);
    }
  } finally {
    await server.close(1_000);
    await services.close();
  }
});

const wrongPassword = 'none of them is in what is said where Redis refuses the password, over TLS or without';
if (hasRedisServer) {
  test(wrongPassword, async () => {
    const server = await startTlsRedis();
    try {
      for (const REDIS_TLS of ['true', 'false']) {
        let text = '';
        const logger = pinoLogger({
          level: 'debug',
          destination: {
            write(chunk) {
              text += chunk;
            },
          },
        });
        const env = {
          MIYABI_BACKEND: 'memory',
          CACHE: 'redis',
          FEED: 'redis',
          REDIS_ENDPOINT: '127.0.0.1',
          REDIS_PORT: String(server.address.port),
          REDIS_PASSWORD: SECRETS.redisPassword,
          REDIS_TLS,
        };
        const services = await compose(readConfig(env), { logger });
        assert.is((await services.health.ready()).status, 'degraded');
        await services.close();
        try {
          for await (const step of setUp(readConfig(env), logger)) text += JSON.stringify(step);
        } catch (error) {
          text += error instanceof Error ? `${error.message} ${error.stack}` : '';
        }
        assert.match(text, 'Redis');
        revealsNothing(text, `TLS ${REDIS_TLS}`);
      }
    } finally {
      await server.stop();
    }
  });
} else {
  test.skip(wrongPassword, 'redis-server is not on the PATH');
}

test.run();
