import * as assert from 'uvu/assert';
import { httpOptions } from '../../src/api/options.ts';
import { readConfig } from '../../src/config.ts';
import { type Answer, openApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const HASH = 'a'.repeat(64);

/** The API with the options that its environment asks for, as the entrypoints make them. */
const open = async (env: Record<string, string> = {}) => {
  const config = readConfig({ MIYABI_BACKEND: 'memory', ...env });
  const limiter = { take: async () => ({ allowed: true, limit: 1, remaining: 1, resetSeconds: 1 }) };
  return openApi(env, httpOptions(config, limiter));
};

const LOCAL = { host: '127.0.0.1:8787' };
const refusal = ({ status, json }: Answer) => [status, json?.code];
const HOST = [403, 'host_not_allowed'];
const ORIGIN = [403, 'origin_not_allowed'];

const test = suite('Browser guard');

test('without keys, only names of this machine and those of the configuration are answered', async () => {
  const api = await open({ MIYABI_ALLOWED_HOSTS: 'tracker.lan, proxy.lan:443' });
  const at = async (host: string) => refusal(await api.call('GET', '/api/tasks', undefined, { host }));
  for (const host of [
    '127.0.0.1:8787',
    '127.0.0.1',
    'localhost:9000',
    'LOCALHOST',
    '[::1]:8787',
    'tracker.lan',
    'Tracker.LAN:8787',
    'proxy.lan:443',
  ]) {
    assert.equal(await at(host), [200, undefined], host);
  }
  for (const host of [
    'rebound.example:8787',
    '127.0.0.1.rebound.example',
    'localhost.rebound.example:8787',
    'proxy.lan:444',
    '10.0.0.7:8787',
    '0.0.0.0:8787',
  ]) {
    assert.equal(await at(host), HOST, host);
  }
  const missing = await api.call('GET', '/api/tasks');
  assert.equal(refusal(missing), [400, 'invalid_input']);
  const { json } = await api.call('GET', '/health', undefined, { host: 'rebound.example' });
  assert.match(json.detail, /rebound\.example.*MIYABI_ALLOWED_HOSTS.*API_KEYS/);
  await api.close();
});

test('without keys, pages of other origins neither write nor read', async () => {
  const api = await open();
  const foreign = [
    { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { origin: 'https://elsewhere.example' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ];
  for (const headers of foreign) {
    for (const [method, path] of [
      ['GET', '/api/tasks'],
      ['POST', '/api/tasks'],
      ['POST', '/api/collect'],
      ['DELETE', '/api/tasks/t'],
      ['GET', '/api/events'],
    ] as const) {
      const answer = await api.call(method, path, method === 'POST' ? {} : undefined, {
        ...LOCAL,
        ...headers,
      });
      assert.equal(refusal(answer), ORIGIN, `${method} ${path} ${JSON.stringify(headers)}`);
    }
  }
  const { json } = await api.call('GET', '/api/tasks', undefined, { ...LOCAL, ...foreign[0] });
  assert.match(json.detail, /elsewhere\.example.*CORS_ORIGINS/);
  await api.close();
});

test('without keys, the page of the server, its links and programs are answered', async () => {
  const api = await open();
  for (const headers of [
    {},
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    { origin: 'http://127.0.0.1:8787' },
    // As a development server forwards /api: the browser itself says that it is the same origin.
    { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-origin' },
  ] as Record<string, string>[]) {
    const answer = await api.call('POST', '/api/tasks', {}, { ...LOCAL, ...headers });
    assert.is(answer.status, 201, JSON.stringify(headers));
  }
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  assert.is((await api.call('GET', '/docs', undefined, { ...LOCAL, ...link })).status, 200);
  await api.close();
});

test('without keys, pages of other origins show a badge, and their scripts do not read it', async () => {
  const api = await open();
  await api.tasks.create({ task_id: 't' });
  const { url } = (await api.call('GET', '/api/tasks/t/badge', undefined, LOCAL)).json;
  const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
  assert.is((await api.call('GET', url, undefined, { ...LOCAL, ...image })).status, 200);
  assert.equal(
    refusal(await api.call('GET', '/api/tasks/t/badge', undefined, { ...LOCAL, ...image })),
    ORIGIN,
  );
  const script = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
  assert.equal(refusal(await api.call('GET', url, undefined, { ...LOCAL, ...script })), ORIGIN);
  await api.close();
});

test('without keys, pages of CORS_ORIGINS call as before', async () => {
  const api = await open({ CORS_ORIGINS: 'https://board.example' });
  const board = { ...LOCAL, origin: 'https://board.example', 'sec-fetch-site': 'cross-site' };
  const preflight = await api.call('OPTIONS', '/api/tasks', undefined, {
    ...board,
    'access-control-request-method': 'POST',
  });
  assert.is(preflight.headers['access-control-allow-methods'], 'GET, HEAD, POST, PATCH, DELETE');
  const created = await api.call('POST', '/api/tasks', {}, board);
  assert.is(created.status, 201);
  assert.is(created.headers['access-control-allow-origin'], 'https://board.example');
  const other = { ...board, origin: 'https://other.example' };
  assert.equal(refusal(await api.call('POST', '/api/tasks', {}, other)), ORIGIN);
  await api.close();

  const any = await open({ CORS_ORIGINS: '*' });
  assert.is((await any.call('POST', '/api/tasks', {}, other)).status, 201);
  assert.equal(
    refusal(await any.call('GET', '/api/tasks', undefined, { ...other, host: 'a.example' })),
    HOST,
  );
  await any.close();
});

test('with keys, neither Host nor Origin matters: a page has no key', async () => {
  const api = await open({ API_KEYS: `${HASH}:admin` });
  const headers = { host: 'tracker.example', origin: 'https://elsewhere.example' };
  assert.is((await api.call('GET', '/api/tasks', undefined, headers)).status, 401);
  assert.is((await api.call('GET', '/health', undefined, headers)).status, 200);
  await api.close();
});

test('a body without a media type is not taken for JSON', async () => {
  const api = await openApi();
  const answer = await api.app({ method: 'POST', path: '/api/tasks', search: '', headers: {}, body: '{}' });
  assert.is(answer.status, 415);
  assert.match(String(answer.body), /Content-Type must be application\/json.*missing/);
  const text = await api.app({
    method: 'POST',
    path: '/api/logs/text',
    search: 'log_group=g&log_stream=s&offset=0',
    headers: {},
    body: 'a\n',
  });
  assert.is(text.status, 415);
  await api.close();
});

test('without keys, a ping that a page of another site makes a browser send changes nothing', async () => {
  const api = await open({ MIYABI_ALLOWED_HOSTS: 'tracker.lan' });
  const mozilla = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/143.0' };
  const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
  for (const [headers, what] of [
    [{ ...LOCAL, ...mozilla, ...image }, 'an image'],
    [
      { ...LOCAL, ...mozilla, ...image, 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' },
      'a link',
    ],
    // To an address that is not secure, a browser sends neither Sec-Fetch-Site nor, with an image, Origin.
    [{ host: 'tracker.lan:8787', ...mozilla }, 'an image over http'],
    [{ ...LOCAL, ...mozilla, origin: 'https://elsewhere.example' }, 'a fetch'],
  ] as const) {
    for (const [method, path] of [
      ['GET', '/api/ping/job/fail'],
      ['HEAD', '/api/ping/job'],
    ] as const) {
      const { status } = await api.call(method, path, undefined, headers);
      assert.is(status, 403, `${what}: ${method} ${path}`);
    }
  }
  assert.is((await api.call('GET', '/api/tasks/job', undefined, LOCAL)).status, 404);
  const curl = { ...LOCAL, 'user-agent': 'curl/8.5.0', accept: '*/*' };
  assert.is((await api.call('GET', '/api/ping/job/start', undefined, curl)).status, 200);
  await api.close();
});

test.run();
