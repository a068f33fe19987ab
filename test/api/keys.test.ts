import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryKeyStore } from '../../src/adapters/memory/key-store.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memoryTaskStore } from '../../src/adapters/memory/task-store.ts';
import { httpOptions } from '../../src/api/options.ts';
import { readConfig } from '../../src/config.ts';
import { unavailable } from '../../src/domain/errors.ts';
import type { KeyStore } from '../../src/ports/key-store.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { KEY_TTL_MS, USE_MS } from '../../src/services/keys.ts';
import { type Api, openApi } from '../support/api.ts';
import { until } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const ROOT = 'root-of-the-environment';
const ENV = {
  MIYABI_BACKEND: 'memory',
  RATE_LIMIT: '0',
  API_KEYS: `${createHash('sha256').update(ROOT).digest('hex')}:admin`,
};

const as = (key: string) => ({ authorization: `Bearer ${key}` });

/** One process with the key of the environment; several may share a store and a clock. */
const open = async (overrides: Partial<Ports>, env: Readonly<Record<string, string>> = ENV): Promise<Api> => {
  const config = readConfig(env);
  const rateLimiter = { take: () => Promise.reject(new Error('no limit is set')) };
  return openApi(env, httpOptions(config, rateLimiter), overrides);
};

type World = Readonly<{
  api: Api;
  other: Api;
  clock: ReturnType<typeof memoryClock>;
  store: KeyStore;
  /** What the store has been asked, and whether it answers. */
  lookups: { find: number; isDown: boolean };
}>;

/** Two processes on one store of keys. */
const withTwo = (run: (world: World) => Promise<void>) => async () => {
  const clock = memoryClock();
  const inner = memoryKeyStore();
  const lookups = { find: 0, isDown: false };
  const refuseIfDown = () => {
    if (lookups.isDown) throw unavailable('The store', new Error('down'));
  };
  const store: KeyStore = {
    async find(keyId) {
      lookups.find += 1;
      refuseIfDown();
      return inner.find(keyId);
    },
    async add(key) {
      refuseIfDown();
      await inner.add(key);
    },
    async list() {
      refuseIfDown();
      return inner.list();
    },
    async recordUse(keyId, at) {
      refuseIfDown();
      await inner.recordUse(keyId, at);
    },
    async remove(keyId) {
      refuseIfDown();
      return inner.remove(keyId);
    },
  };
  const ports = { keyStore: store, clock, steadyClock: clock, logger: memoryLogger() };
  const api = await open(ports);
  const other = await open(ports);
  try {
    await run({ api, other, clock, store: inner, lookups });
  } finally {
    await api.close();
    await other.close();
  }
};

const created = async (
  { call }: Api,
  body: Readonly<Record<string, unknown>> = {},
): Promise<Readonly<{ id: string; secret: string }>> => {
  const answer = await call('POST', '/api/keys', { name: 'CI', scope: 'write', ...body }, as(ROOT));
  assert.is(answer.status, 201, answer.text);
  return { id: answer.json.key_id, secret: answer.json.secret };
};

const statusFor = async ({ call }: Api, secret: string, target = '/api/tasks'): Promise<number> =>
  (await call('GET', target, undefined, as(secret))).status;

const test = suite('HTTP API: keys in the store');

test(
  'a new key is accepted at once by every process, with its scope and project, and is stored as a hash',
  withTwo(async ({ api, other, store }) => {
    const { id, secret } = await created(api, { scope: 'write', project_id: 'shop' });
    assert.match(secret, /^miyabi_[\w-]{43}$/);
    for (const one of [api, other]) assert.is(await statusFor(one, secret), 200);
    const task = await other.call('POST', '/api/tasks', { task_id: 't' }, as(secret));
    assert.equal([task.status, task.json.task.project_id], [201, 'shop']);
    assert.is((await api.call('GET', '/api/keys', undefined, as(secret))).status, 403);
    assert.not.match(JSON.stringify(await store.list()), secret.slice('miyabi_'.length));
    const [key] = await store.list();
    assert.equal([key?.key_id, key?.hash], [id, createHash('sha256').update(secret).digest('hex')]);
  }),
);

test(
  'the list shows what a key is for, and neither key nor hash',
  withTwo(async ({ api, clock, store }) => {
    const { id } = await created(api, { name: 'Deployments', expires_at: clock.now() + 3_600_000 });
    const list = await api.call('GET', '/api/keys', undefined, as(ROOT));
    assert.equal(list.json, {
      keys: [
        {
          key_id: id,
          name: 'Deployments',
          scope: 'write',
          created_at: new Date(clock.now()).toISOString(),
          expires_at: new Date(clock.now() + 3_600_000).toISOString(),
        },
      ],
      enforced: true,
    });
    const [{ hash } = { hash: '' }] = await store.list();
    assert.not.match(list.text, hash);
  }),
);

test(
  'a revoked key is refused at once where it was revoked, and by every other process within 30 seconds',
  withTwo(async ({ api, other, clock }) => {
    const { id, secret } = await created(api);
    assert.equal([await statusFor(api, secret), await statusFor(other, secret)], [200, 200]);
    const revoked = await api.call('DELETE', `/api/keys/${id}`, undefined, as(ROOT));
    assert.is(revoked.status, 204, revoked.text);
    assert.is(await statusFor(api, secret), 401);
    assert.ok(KEY_TTL_MS <= 30_000);
    clock.advance(KEY_TTL_MS);
    assert.is(await statusFor(other, secret), 401);
    const again = await api.call('DELETE', `/api/keys/${id}`, undefined, as(ROOT));
    assert.equal([again.status, again.json.code], [404, 'key_not_found']);
  }),
);

test(
  'a key that is revoked while it is being read is not remembered',
  withTwo(async ({ clock, store }) => {
    let release = () => {};
    let isHeld = false;
    const held: KeyStore = {
      ...store,
      async find(keyId) {
        const key = await store.find(keyId);
        if (isHeld)
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        return key;
      },
    };
    const api = await open({ keyStore: held, clock, steadyClock: clock });
    const { id, secret } = await created(api);
    isHeld = true;
    const first = statusFor(api, secret);
    await new Promise((resolve) => setImmediate(resolve));
    await api.call('DELETE', `/api/keys/${id}`, undefined, as(ROOT));
    isHeld = false;
    release();
    await first;
    assert.is(await statusFor(api, secret), 401);
    await api.close();
  }),
);

test(
  'a key that has expired is refused, also while the process remembers it, and stays in the list',
  withTwo(async ({ api, clock }) => {
    const { id, secret } = await created(api, { expires_at: clock.now() + 5_000 });
    assert.is(await statusFor(api, secret), 200);
    clock.advance(4_999);
    assert.is(await statusFor(api, secret), 200);
    clock.advance(1);
    assert.is(await statusFor(api, secret), 401);
    const { keys } = (await api.call('GET', '/api/keys', undefined, as(ROOT))).json;
    assert.equal(
      keys.map(({ key_id }: { key_id: string }) => key_id),
      [id],
    );
    const late = await api.call(
      'POST',
      '/api/keys',
      { name: 'late', scope: 'read', expires_at: clock.now() },
      as(ROOT),
    );
    assert.equal(
      [late.status, late.json.fields],
      [400, [{ path: 'expires_at', reason: 'must be in the future' }]],
    );
  }),
);

test(
  'a store that fails refuses stored keys with 503, never 401, and those of the environment go on',
  withTwo(async ({ api, clock, lookups }) => {
    const { secret } = await created(api);
    assert.is(await statusFor(api, secret), 200);
    lookups.isDown = true;
    assert.is(await statusFor(api, secret), 200, 'it is remembered');
    clock.advance(KEY_TTL_MS);
    const refused = await api.call('GET', '/api/tasks', undefined, as(secret));
    assert.equal(
      [refused.status, refused.json.code, refused.headers['retry-after']],
      [503, 'unavailable', '1'],
    );
    assert.is(await statusFor(api, `miyabi_${'x'.repeat(43)}`), 503);
    assert.is(await statusFor(api, ROOT), 200);
    assert.is(await statusFor(api, 'wrong'), 401, 'what is no key needs no store');
    assert.is((await api.call('GET', '/api/keys', undefined, as(ROOT))).status, 503);
    lookups.isDown = false;
    assert.is(await statusFor(api, secret), 200);
  }),
);

test(
  'the store is asked once for many requests, also about a key that does not exist',
  withTwo(async ({ api, clock, lookups }) => {
    const { secret } = await created(api);
    const unknown = `miyabi_${'x'.repeat(43)}`;
    for (const [key, status] of [
      [secret, 200],
      [unknown, 401],
    ] as const) {
      lookups.find = 0;
      const statuses = await Promise.all(Array.from({ length: 20 }, () => statusFor(api, key)));
      assert.equal(new Set(statuses), new Set([status]));
      assert.is(lookups.find, 1);
      assert.is(await statusFor(api, key), status);
      assert.is(lookups.find, 1);
      clock.advance(KEY_TTL_MS);
      assert.is(await statusFor(api, key), status);
      assert.is(lookups.find, 2);
    }
  }),
);

test(
  'guesses do not push out the keys that are in use',
  withTwo(async ({ api, lookups }) => {
    const { secret } = await created(api);
    assert.is(await statusFor(api, secret), 200);
    for (let guess = 0; guess < 2_500; guess += 1)
      assert.is(await statusFor(api, `miyabi_${String(guess).padStart(43, '0')}`), 401);
    lookups.find = 0;
    assert.is(await statusFor(api, secret), 200);
    assert.is(lookups.find, 0);
  }),
);

test(
  'its use is recorded to the hour, and a failure to record it is of no consequence',
  withTwo(async ({ api, other, clock, store, lookups }) => {
    const { id, secret } = await created(api);
    const lastUse = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return (await store.find(id))?.last_used_at;
    };
    const first = new Date(clock.now()).toISOString();
    assert.is(await statusFor(api, secret), 200);
    assert.is(await lastUse(), first);
    clock.advance(USE_MS - 1);
    for (const one of [api, other]) assert.is(await statusFor(one, secret), 200);
    assert.is(await lastUse(), first);
    clock.advance(1);
    assert.is(await statusFor(other, secret), 200);
    const second = new Date(clock.now()).toISOString();
    assert.is(await lastUse(), second);
    clock.advance(USE_MS);
    lookups.isDown = true;
    assert.is(await statusFor(api, secret), 503);
    lookups.isDown = false;
    assert.is(await statusFor(api, secret), 200);
    assert.is(await lastUse(), new Date(clock.now()).toISOString());
  }),
);

test(
  'a key of a project manages the keys of that project alone',
  withTwo(async ({ api, other, store }) => {
    const { secret: ours } = await created(api, { scope: 'admin', project_id: 'ours' });
    const { id: theirs } = await created(api, { project_id: 'theirs' });
    const { id: unbound } = await created(api);
    const made = await api.call('POST', '/api/keys', { name: 'n', scope: 'admin' }, as(ours));
    assert.equal([made.status, made.json.key.project_id], [201, 'ours']);
    const foreign = await api.call(
      'POST',
      '/api/keys',
      { name: 'n', scope: 'read', project_id: 'theirs' },
      as(ours),
    );
    assert.equal([foreign.status, foreign.json.code], [403, 'forbidden']);
    const { keys } = (await other.call('GET', '/api/keys', undefined, as(ours))).json;
    assert.equal(
      new Set(keys.map(({ project_id }: { project_id: string }) => project_id)),
      new Set(['ours']),
    );
    assert.is(keys.length, 2);
    for (const id of [theirs, unbound, 'nothing'])
      assert.is((await api.call('DELETE', `/api/keys/${id}`, undefined, as(ours))).status, 404, id);
    assert.is((await store.list()).length, 4);
    assert.is((await api.call('DELETE', `/api/keys/${made.json.key_id}`, undefined, as(ours))).status, 204);
  }),
);

test(
  'a repeated request creates no second key, and its answer does not show the key again',
  withTwo(async ({ api, store }) => {
    const request = [
      'POST',
      '/api/keys',
      { name: 'CI', scope: 'read' },
      { ...as(ROOT), 'idempotency-key': 'once' },
    ] as const;
    const first = await api.call(...request);
    const second = await api.call(...request);
    assert.match(first.json.secret, /^miyabi_/);
    assert.equal(
      [second.status, second.json.key_id, second.json.secret],
      [201, first.json.key_id, undefined],
    );
    assert.not.match(second.text, first.json.secret);
    assert.is((await store.list()).length, 1);
  }),
);

test(
  'an event stream ends soon after its key was revoked, and only then',
  withTwo(async ({ api }) => {
    const stored = await created(api, { scope: 'read' });
    const opened = async (secret: string) => {
      const { status, body } = await api.app({
        method: 'GET',
        path: '/api/events',
        search: '',
        headers: { ...as(secret), accept: 'text/event-stream' },
      });
      assert.is(status, 200);
      if (typeof body === 'string') throw new Error('it is no stream');
      const read = body[Symbol.asyncIterator]();
      await read.next();
      return read;
    };
    const change = (task_id: string) => api.call('POST', '/api/tasks', { task_id }, as(ROOT));
    /** What is read until an event of that task comes, or the stream ends. */
    const readTo = async (stream: AsyncIterator<string>, task_id: string) => {
      for (;;) {
        const { done, value } = await stream.next();
        if (done === true) return 'the end';
        if (value.includes(`"task_id":"${task_id}"`)) return 'the event';
      }
    };
    const watching = await opened(stored.secret);
    const operator = await opened(ROOT);
    await change('a');
    assert.is(await readTo(watching, 'a'), 'the event');
    await api.call('DELETE', `/api/keys/${stored.id}`, undefined, as(ROOT));
    await change('b');
    assert.is(await readTo(watching, 'b'), 'the end');
    assert.is(await readTo(operator, 'b'), 'the event');
    await operator.return?.();
  }),
);

test('a server without API_KEYS says that it asks for no key', async () => {
  const api = await open({}, { MIYABI_BACKEND: 'memory' });
  const headers = { host: '127.0.0.1' };
  const made = await api.call('POST', '/api/keys', { name: 'n', scope: 'read' }, headers);
  assert.equal([made.status, made.json.enforced], [201, false]);
  assert.is((await api.call('GET', '/api/keys', undefined, headers)).json.enforced, false);
  await api.close();
});

test(
  'no more than 1,000 keys are stored',
  withTwo(async ({ api, store }) => {
    for (let index = 0; index < 1_000; index += 1) {
      const key_id = String(index).padStart(16, '0');
      await store.add({
        ...{ key_id, hash: key_id.padEnd(64, '0'), name: 'n', scope: 'read' },
        created_at: '2026-11-24T00:00:00.000Z',
      });
    }
    const more = await api.call('POST', '/api/keys', { name: 'n', scope: 'read' }, as(ROOT));
    assert.equal([more.status, more.json.code], [409, 'limit_reached']);
  }),
);

test(
  'a stored key is named in the log by its id, as a key of the environment is',
  withTwo(async ({ clock, store }) => {
    const logger = memoryLogger();
    const api = await open({
      keyStore: store,
      clock,
      steadyClock: clock,
      logger,
      taskStore: {
        ...memoryTaskStore(),
        find: () => Promise.reject(unavailable('The store of tasks', new Error('down'))),
      },
    });
    const { id, secret } = await created(api);
    assert.is(await statusFor(api, secret, '/api/tasks/t'), 503);
    await until('the failure is logged', () => logger.entries.length > 0);
    assert.ok(JSON.stringify(logger.entries).includes(`"key_id":"${id}"`));
    assert.not.match(JSON.stringify(logger.entries), secret);
    await api.close();
  }),
);

test.run();
