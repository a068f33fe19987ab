import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { memoryKeyStore } from '../../src/adapters/memory/key-store.ts';
import { httpApp } from '../../src/api/app.ts';
import { signatureOf } from '../../src/api/badge-link.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { httpOptions, requireKeys, requireKeysBeyondLoopback } from '../../src/api/options.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { createKey, hashKey } from '../../src/cli/commands/keys-actions.ts';
import { readConfig } from '../../src/config.ts';
import { parseApiKey } from '../../src/domain/api-keys.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { RateLimiter } from '../../src/ports/rate-limiter.ts';
import { type Api, type Call, caller, openApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('HTTP API: who may do what');

const KEYS = {
  read: ['reader-0123456789', 'read', undefined],
  write: ['writer-0123456789', 'write', undefined],
  admin: ['admin-00123456789', 'admin', undefined],
  ours: ['ours-000123456789', 'admin', 'ours'],
  other: ['other-00123456789', 'admin', 'other'],
} as const;

const entry = ([key, scope, project]: (typeof KEYS)[keyof typeof KEYS]) =>
  [createHash('sha256').update(key).digest('hex'), scope, ...(project === undefined ? [] : [project])].join(
    ':',
  );

const secured = async (
  env: Readonly<Record<string, string>> = {},
  overrides: Partial<Ports> = {},
): Promise<Api> => {
  const all = {
    MIYABI_BACKEND: 'memory',
    API_KEYS: Object.values(KEYS).map(entry).join(', '),
    RATE_LIMIT: '0',
    MIYABI_SECRET: SECRET,
    ...env,
  };
  const config = readConfig(all);
  const { rateLimiter, close } = await openApi(all);
  await close();
  return openApi(all, httpOptions(config, rateLimiter), overrides);
};

const bearer = (who: keyof typeof KEYS) => ({ authorization: `Bearer ${KEYS[who][0]}` });

const SECRET = 'a-secret-of-the-tests';
const SIGNATURE = signatureOf(SECRET, { kind: 'task', id: 't' });

/** Every operation as a request, its scope, and its answer to a key of another project. */
const MATRIX: readonly (readonly [
  string,
  string,
  unknown,
  'open' | 'read' | 'write' | 'admin',
  number,
  string,
])[] = [
  ['GET', '/health', undefined, 'open', 200, 'getHealth'],
  ['GET', '/health/ready', undefined, 'open', 200, 'getReadiness'],
  ['GET', '/api/tasks?project_id=ours', undefined, 'read', 200, 'listTasks'],
  ['POST', '/api/tasks', { project_id: 'ours' }, 'write', 403, 'createTask'],
  ['GET', '/api/tasks/t', undefined, 'read', 404, 'getTask'],
  ['PATCH', '/api/tasks/t', { priority: 'P1' }, 'write', 404, 'patchTask'],
  ['POST', '/api/tasks/t/progress', { current: 1, total: 9 }, 'write', 404, 'reportProgress'],
  ['POST', '/api/tasks/t/cancel', {}, 'write', 404, 'cancelTask'],
  ['POST', '/api/tasks/t/reopen', {}, 'write', 404, 'reopenTask'],
  ['POST', '/api/tasks/t/heartbeat', undefined, 'write', 404, 'sendHeartbeat'],
  ['GET', '/api/ping/t', undefined, 'write', 409, 'ping'],
  ['POST', '/api/ping/t', undefined, 'write', 409, 'sendPing'],
  ['GET', '/api/ping/t/start', undefined, 'write', 409, 'pingSignal'],
  ['POST', '/api/ping/t/1', undefined, 'write', 409, 'sendPingSignal'],
  ['GET', '/api/tasks/t/history', undefined, 'read', 404, 'getTaskHistory'],
  ['GET', '/api/tasks/t/logs', undefined, 'read', 404, 'getTaskLogs'],
  ['DELETE', '/api/tasks/t', undefined, 'write', 404, 'deleteTask'],
  ['POST', '/api/tasks:batch', { tasks: [{ project_id: 'ours' }] }, 'write', 200, 'createTasks'],
  [
    'POST',
    '/api/tasks:progress',
    { reports: [{ task_id: 't', current: 1 }] },
    'write',
    200,
    'reportProgressOfTasks',
  ],
  ['GET', '/api/projects', undefined, 'read', 200, 'listProjects'],
  ['POST', '/api/projects', { project_id: 'new', project_name: 'N' }, 'write', 403, 'createProject'],
  ['GET', '/api/projects/ours', undefined, 'read', 404, 'getProject'],
  ['PATCH', '/api/projects/ours', { owner: 'me' }, 'write', 404, 'patchProject'],
  ['GET', '/api/projects/ours/webhooks', undefined, 'read', 404, 'listWebhooks'],
  ['POST', '/api/projects/ours/webhooks', { url: 'https://example.org/' }, 'admin', 404, 'createWebhook'],
  ['GET', '/api/projects/ours/webhooks/w', undefined, 'read', 404, 'getWebhook'],
  ['PATCH', '/api/projects/ours/webhooks/w', { active: true }, 'admin', 404, 'patchWebhook'],
  ['POST', '/api/projects/ours/webhooks/w/rotate', {}, 'admin', 404, 'rotateWebhookSecret'],
  ['POST', '/api/projects/ours/webhooks/w/test', {}, 'admin', 404, 'testWebhook'],
  ['DELETE', '/api/projects/ours/webhooks/w', undefined, 'admin', 404, 'deleteWebhook'],
  ['DELETE', '/api/projects/ours', undefined, 'admin', 404, 'deleteProject'],
  ['GET', '/api/keys', undefined, 'admin', 200, 'listKeys'],
  ['POST', '/api/keys', { name: 'n', scope: 'read', project_id: 'ours' }, 'admin', 403, 'createKey'],
  ['DELETE', '/api/keys/k', undefined, 'admin', 404, 'revokeKey'],
  ['POST', '/api/logs', { log_group: 'g', log_stream: 's', events: [] }, 'write', 200, 'sendLogs'],
  ['POST', '/api/logs/text?log_group=g&log_stream=s&offset=0', '5/9', 'write', 200, 'sendLogText'],
  ['POST', '/api/collect', {}, 'admin', 403, 'collect'],
  ['GET', '/api/events?since=x', undefined, 'read', 200, 'getEvents'],
  ['GET', '/api/tasks/t/badge', undefined, 'read', 404, 'getTaskBadge'],
  ['GET', '/api/projects/ours/badge', undefined, 'read', 404, 'getProjectBadge'],
  ['GET', `/badge/task/t.svg?sig=${SIGNATURE}`, undefined, 'open', 200, 'getBadge'],
  ['GET', '/metrics', undefined, 'read', 200, 'getMetrics'],
  ['GET', '/openapi.json', undefined, 'open', 200, 'getOpenApi'],
  ['GET', '/docs', undefined, 'open', 200, 'getDocs'],
  ['GET', '/llms.txt', undefined, 'open', 200, 'getLlmsText'],
];

const acceptOf = (body: unknown) => ({
  accept: 'application/json, text/html, text/plain;q=0.5, image/svg+xml',
  ...(typeof body === 'string' ? { 'content-type': 'text/plain' } : {}),
});

const prepared = async (): Promise<Api> => {
  const keyStore = memoryKeyStore();
  await keyStore.add({
    ...{ key_id: 'k', hash: 'a'.repeat(64), name: 'K', scope: 'read', project_id: 'ours' },
    created_at: '2026-11-24T00:00:00.000Z',
  });
  const api = await secured({}, { keyStore });
  await api.call('POST', '/api/tasks', { task_id: 't', project_id: 'ours' }, bearer('admin'));
  await api.webhooks.create('ours', { url: 'https://example.org/hook' }, 'w');
  return api;
};

test('answers every operation to those only whose key allows it', async () => {
  const operations = Object.values(ROUTES).flatMap((routes) => Object.keys(routes));
  assert.equal(MATRIX.map((row) => row[5]).sort(), operations.sort(), 'the matrix has every operation');

  const rank = { open: 0, read: 1, write: 2, admin: 3 };
  let api = await prepared();
  for (const [method, target, body, scope] of MATRIX) {
    const accept = acceptOf(body);
    for (const who of ['none', 'wrong', 'read', 'write', 'admin'] as const) {
      const { call } = api;
      const headers =
        who === 'none' ? {} : who === 'wrong' ? { authorization: 'Bearer nobody-knows-this' } : bearer(who);
      const { status, json } = await call(method, target, body, { ...headers, ...accept });
      const held = who === 'none' || who === 'wrong' ? 'open' : who;
      const title = `${method} ${target} as ${who}`;
      if (rank[held] < rank[scope]) {
        assert.equal(
          [status, json.code],
          held === 'open' ? [401, 'unauthorized'] : [403, 'forbidden'],
          title,
        );
        continue;
      }
      assert.ok(status < 400 || status === 409, `${title}: ${status}`);
      if (scope === 'open' || scope === 'read') continue;
      // What the request has changed must not change the answer to the next one.
      await api.close();
      api = await prepared();
    }
  }
  await api.close();
});

test('shows a key of another project nothing, with the same answers for existing and missing tasks', async () => {
  let api = await prepared();
  for (const [method, target, body, , expected, name] of MATRIX) {
    const { call } = api;
    const headers = { ...bearer('other'), ...acceptOf(body) };
    const answer = await call(method, target, body, headers);
    assert.is(answer.status, expected, `${name}: ${answer.text}`);
    assert.not.match(answer.text.replace(/"ours"/g, name === 'createTasks' ? '' : '"ours"'), /"ours"/, name);
    const absent = await call(
      method,
      target.replace(/\/t(?=\/|$)/, '/nobody').replace('ours', 'nowhere'),
      typeof body === 'string'
        ? body
        : (JSON.parse(
            JSON.stringify(body ?? null)
              .replaceAll('"ours"', '"nowhere"')
              .replaceAll('"t"', '"nobody"'),
          ) ?? undefined),
      headers,
    );
    // A ping creates what is not there; that an id is taken shows, as when a task is created.
    const isCreating = /ping/i.test(name);
    if (name !== 'getHealth' && name !== 'getReadiness' && !isCreating) {
      const blind = (text: string) => text.replaceAll('nobody', 't').replaceAll('nowhere', 'ours');
      assert.equal([absent.status, blind(absent.text)], [answer.status, blind(answer.text)], name);
    }
    if (method === 'GET' && !isCreating) continue;
    if (answer.status >= 400 && absent.status >= 400) continue;
    await api.close();
    api = await prepared();
  }
  await api.close();
});

test('lets a key of a project work in it', async () => {
  const { call, close } = await prepared();
  const headers = bearer('ours');
  await call('POST', '/api/tasks', { task_id: 'elsewhere', project_id: 'other' }, bearer('admin'));
  const created = await call('POST', '/api/tasks', {}, headers);
  assert.equal([created.status, created.json.task.project_id], [201, 'ours']);
  assert.is((await call('GET', '/api/tasks/t', undefined, headers)).status, 200);
  const { tasks } = (await call('GET', '/api/tasks', undefined, headers)).json;
  assert.equal(tasks.length, 2);
  assert.equal((await call('GET', '/api/tasks?project_id=other', undefined, headers)).json.tasks, []);
  assert.is((await call('PATCH', '/api/tasks/t', { project_id: 'other' }, headers)).status, 403);
  const { projects } = (await call('GET', '/api/projects', undefined, headers)).json;
  assert.equal(
    projects.map(({ project_id }: { project_id: string }) => project_id),
    ['ours'],
  );
  const parent = await call('POST', '/api/tasks', { parent_id: 'elsewhere' }, headers);
  assert.equal([parent.status, parent.json.fields[0].path], [400, 'parent_id']);
  await close();
});

test('shows the whole URL of a webhook only to callers who may change it', async () => {
  const { call, close } = await prepared();
  const urlFor = async (who: keyof typeof KEYS) =>
    (await call('GET', '/api/projects/ours/webhooks/w', undefined, bearer(who))).json.url;
  assert.equal(
    [await urlFor('read'), await urlFor('write'), await urlFor('admin'), await urlFor('ours')],
    [
      'https://example.org/…',
      'https://example.org/…',
      'https://example.org/hook',
      'https://example.org/hook',
    ],
  );
  const mayChange = async (who: keyof typeof KEYS) =>
    (await call('GET', '/api/projects/ours/webhooks', undefined, bearer(who))).json.can_change;
  assert.equal(
    [await mayChange('read'), await mayChange('write'), await mayChange('admin'), await mayChange('ours')],
    [false, false, true, true],
  );
  await close();
});

test("takes a project's logs, and passes over what they say of tasks that are another's", async () => {
  const { call, close } = await prepared();
  const before = await call('GET', '/api/tasks/t', undefined, bearer('admin'));
  const line = (task_id: string, rest: object) => JSON.stringify({ task_id, current: 1, total: 4, ...rest });
  const events = [line('t', {}), line('fresh', { project_id: 'ours' })].map((message, index) => ({
    timestamp: Date.UTC(2100, 10, 1) + index,
    message,
  }));
  const log = { log_group: 'g', log_stream: 's', events };
  const sent = await call('POST', '/api/logs', log, bearer('other'));
  assert.is(sent.status, 200, sent.text);
  assert.equal(
    sent.json.tasks.map(({ task_id, project_id }: { task_id: string; project_id: string }) => [
      task_id,
      project_id,
    ]),
    [['fresh', 'other']],
  );
  assert.equal((await call('GET', '/api/tasks/t', undefined, bearer('admin'))).json, before.json);
  // A stream whose name is a task's is no way in either, nor is a text.
  await call('POST', '/api/tasks', { task_id: 'task-7', project_id: 'ours' }, bearer('admin'));
  const named = {
    ...log,
    log_stream: 'task-7',
    events: [{ timestamp: Date.UTC(2100, 10, 1), message: 'progress 2/8' }],
  };
  assert.equal((await call('POST', '/api/logs', named, bearer('other'))).json.tasks, []);
  const text = await call('POST', '/api/logs/text?log_group=g&log_stream=task-7', 'progress 2/8\n', {
    ...bearer('other'),
    'content-type': 'text/plain',
  });
  assert.equal([text.status, text.json.tasks], [200, []]);
  const own = await call('POST', '/api/logs', log, bearer('ours'));
  assert.ok(own.json.tasks.some(({ task_id }: { task_id: string }) => task_id === 't'));
  assert.is((await call('POST', '/api/logs', { ...log, project_id: 'ours' }, bearer('other'))).status, 403);
  await close();
});

test('refuses missing and wrong keys alike, on routes that are there and that are not', async () => {
  const { call, close } = await secured();
  const shapes = new Set<string>();
  for (const headers of [
    {},
    { authorization: 'Bearer x' },
    { authorization: 'Basic eDp5' },
    { 'x-api-key': 'x' },
    { authorization: '' },
  ]) {
    for (const [method, target] of [
      ['GET', '/api/tasks'],
      ['GET', '/api/nothing'],
      ['PUT', '/api/tasks'],
      ['GET', '/api/tasks/a%00'],
    ] as const) {
      const answer = await call(method, target, undefined, headers as Record<string, string>);
      shapes.add(JSON.stringify([answer.status, answer.headers, answer.text]));
    }
  }
  assert.is(shapes.size, 1);
  assert.match([...shapes][0] ?? '', /"www-authenticate":"Bearer/);
  assert.is((await call('GET', '/api/tasks', undefined, { 'x-api-key': KEYS.read[0] })).status, 200);
  await close();
});

test('reads while a request is being counted, but does nothing for one that is refused', async () => {
  const api = await secured();
  let done: string[] = [];
  let before: string[] = [];
  const tasks: Api['tasks'] = {
    ...api.tasks,
    read: (...requested) => {
      done.push('read');
      return api.tasks.read(...requested);
    },
    remove: (...requested) => {
      done.push('remove');
      return api.tasks.remove(...requested);
    },
  };
  const rateLimiter: RateLimiter = {
    async take() {
      await new Promise((resolve) => setImmediate(resolve));
      before = [...done];
      return { allowed: false, limit: 1, remaining: 0, resetSeconds: 9 };
    },
  };
  const { apiKeys } = readConfig({ MIYABI_BACKEND: 'memory', API_KEYS: entry(KEYS.admin) });
  const services = { ...api, tasks, cursors: signedCursors('a secret of the tests') };
  const call = caller(httpApp(services, api.logger, { apiKeys, rateLimiter }));
  await api.tasks.create({ task_id: 'a', task_name: 'A' });
  for (const [method, expected] of [
    ['GET', ['read']],
    ['DELETE', []],
  ] as const) {
    done = [];
    const answer = await call(method, '/api/tasks/a', undefined, bearer('admin'));
    assert.is(answer.status, 429);
    assert.is.not(answer.json.task_id, 'a');
    assert.is(answer.headers['ratelimit-reset'], '9');
    assert.equal([before, done], [expected, expected]);
  }
  assert.is((await call('GET', '/nowhere', undefined, bearer('admin'))).status, 429);
  assert.is((await call('GET', '/api/tasks/a')).status, 401);
  await api.close();
});

test('limits how often a key asks, each on its own', async () => {
  const { call, close } = await secured({ RATE_LIMIT: '3' });
  const ask = (who: keyof typeof KEYS) => call('GET', '/api/tasks', undefined, bearer(who));
  for (let count = 0; count < 3; count += 1) assert.is((await ask('read')).status, 200);
  const limited = await ask('read');
  assert.equal([limited.status, limited.json.code], [429, 'rate_limited']);
  assert.match(limited.headers['retry-after'] ?? '', /^\d+$/);
  assert.is((await ask('write')).headers['ratelimit-remaining'], '2');
  assert.is((await call('GET', '/health')).status, 200);
  await close();
});

test('lets pages of named origins call, and no others', async () => {
  const cors = async (call: Call, method: string, headers: Record<string, string>) =>
    (await call(method, '/api/tasks', undefined, headers)).headers['access-control-allow-origin'];
  const named = await openApi({}, { corsOrigins: ['https://a.example'] });
  assert.is(await cors(named.call, 'GET', { origin: 'https://a.example' }), 'https://a.example');
  assert.is(await cors(named.call, 'GET', { origin: 'https://b.example' }), undefined);
  const preflight = await named.call('OPTIONS', '/api/tasks', undefined, {
    origin: 'https://a.example',
    'access-control-request-method': 'PATCH',
  });
  assert.equal([preflight.status, preflight.headers['vary']], [204, 'origin']);
  assert.match(preflight.headers['access-control-allow-methods'] ?? '', /PATCH/);
  assert.match(preflight.headers['access-control-allow-headers'] ?? '', /idempotency-key/);
  await named.close();
  const any = await openApi({}, { corsOrigins: ['*'] });
  assert.is(await cors(any.call, 'GET', { origin: 'https://b.example' }), '*');
  await any.close();
  const none = await openApi();
  assert.is(await cors(none.call, 'GET', { origin: 'https://a.example' }), undefined);
  await none.close();
});

test('makes keys whose entries the configuration reads', () => {
  let text = '';
  createKey({ scope: 'read', project: 'shop', json: true }, (written) => {
    text = written;
  });
  const { key, api_keys_entry } = JSON.parse(text) as { key: string; api_keys_entry: string };
  const hash = createHash('sha256').update(key).digest('hex');
  assert.equal(parseApiKey(api_keys_entry), { hash, scope: 'read', project_id: 'shop' });
  hashKey(key, {}, (written) => {
    text = written;
  });
  assert.is(text, `${hash}:write\n`);
  assert.throws(() => createKey({ scope: 'all' }), /scope/);
  assert.throws(() => createKey({ project: 'a b' }), /project/);
  assert.throws(() => hashKey('short', {}), /short/);
});

test('reads keys, limits and origins from the configuration, and refuses to serve the world without keys', () => {
  const hash = 'a'.repeat(64);
  const config = readConfig({
    API_KEYS: `${hash}:read,\n${hash}:admin:a:b`,
    CORS_ORIGINS: 'https://x.org',
    HOST: '0.0.0.0',
  });
  assert.equal(config.apiKeys, [
    { hash, scope: 'read' },
    { hash, scope: 'admin', project_id: 'a:b' },
  ]);
  requireKeys(config);
  requireKeysBeyondLoopback(config);
  for (const API_KEYS of ['x', `${hash}`, `${hash}:root`, `${hash}:read:a b`, `${hash}:read:`]) {
    assert.throws(() => readConfig({ API_KEYS }), /API_KEYS/);
  }
  assert.throws(() => readConfig({ CORS_ORIGINS: 'example.org' }), /CORS_ORIGINS/);
  assert.throws(() => requireKeys(readConfig({})), /API_KEYS/);
  for (const HOST of ['0.0.0.0', '::', '192.168.0.1', 'example.org']) {
    assert.throws(() => requireKeysBeyondLoopback(readConfig({ HOST })), /API_KEYS/);
  }
  for (const HOST of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
    requireKeysBeyondLoopback(readConfig({ HOST }));
});

test.run();
