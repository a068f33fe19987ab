import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryRateLimiter } from '../../src/adapters/memory/rate-limiter.ts';
import { openApiDocument } from '../../src/api/openapi.ts';
import { MiyabiApiError, miyabiClient } from '../../src/client/index.ts';
import { openApi, withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('HTTP API: the contract');

type Header = Readonly<{ required?: boolean }>;
type Described = Readonly<{
  paths: Record<string, Record<string, { responses: Record<string, { headers?: Record<string, object> }> }>>;
  components: Readonly<{ headers: Record<string, Header> }>;
}>;

/** The headers of an answer as the contract has them, by their names. */
const headersOf = (path: string, method: string, status: number): readonly [string, Header][] => {
  const { paths, components } = openApiDocument() as unknown as Described;
  const described = paths[path]?.[method]?.responses[String(status)]?.headers ?? {};
  return Object.entries(described).map(([name, header]): [string, Header] => [
    name,
    '$ref' in header ? (components.headers[String(header.$ref).split('/').at(-1) ?? ''] ?? {}) : header,
  ]);
};

test(
  'the page shows every operation, loads nothing and runs nothing',
  withApi(async ({ call }) => {
    const page = await call('GET', '/docs', undefined, { accept: 'text/html' });
    assert.is(page.status, 200);
    for (const item of Object.values(
      openApiDocument()['paths'] as Record<string, Record<string, { operationId: string }>>,
    )) {
      for (const { operationId } of Object.values(item))
        assert.ok(page.text.includes(`id="${operationId}"`), operationId);
    }
    assert.not.match(page.text, /<script|<link|src=|https?:\/\//);
    assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'/);
  }),
);

test(
  'the client speaks it',
  withApi(async ({ app }) => {
    const fetch = async (input: URL | Request | string, init: RequestInit = {}): Promise<Response> => {
      const url = new URL(String(input));
      const { status, headers, body } = await app({
        method: init.method ?? 'GET',
        path: url.pathname,
        search: url.search.slice(1),
        headers: Object.fromEntries(new Headers(init.headers)),
        body: init.body as string | undefined,
      });
      return new Response(status === 204 || status === 304 ? null : String(body), { status, headers });
    };
    const client = miyabiClient({ baseUrl: 'http://miyabi.test', fetch });
    const { task } = await client.request('POST /api/tasks', {
      body: { task_id: 't', labels: { env: 'prod' } },
      idempotencyKey: 'k',
    });
    assert.is(task.status, 'pending');
    const moved = await client.request('POST /api/tasks/{task_id}/progress', {
      path: { task_id: 't' },
      body: { current: 1, total: 4 },
    });
    assert.is(moved.progress.percentage, 25);
    const { tasks } = await client.request('GET /api/tasks', {
      query: { status: ['running', 'blocked'], label: { env: 'prod' } },
    });
    assert.equal(
      tasks.map(({ task_id }) => task_id),
      ['t'],
    );
    assert.is((await client.request('GET /health')).status, 'healthy');
    await client.request('POST /api/logs/text', {
      query: { log_group: 'g', log_stream: 's' },
      body: '1/2\n',
    });
    const page: string = await client.request('GET /docs');
    const guide: string = await client.request('GET /llms.txt');
    assert.match(guide, /^# Miyabi Progress\n\n> /);
    assert.match(guide, '- `POST /api/tasks/{task_id}/progress`: Report progress (scope write)');
    assert.match(page, /^<!doctype html>/);
    const { url: link } = await client.request('GET /api/tasks/{task_id}/badge', { path: { task_id: 't' } });
    const sig = new URL(link, client.url).searchParams.get('sig') ?? '';
    const image: string | undefined = await client.request('GET /badge/{kind}/{id}.svg', {
      path: { kind: 'task', id: 't' },
      query: { sig },
    });
    assert.match(image ?? '', /^<svg .*25%/);
    const { next } = (await client.request('GET /api/events')) ?? {};
    assert.type(next, 'string');
    const news: { events: readonly unknown[] } | undefined = await client.request('GET /api/events', {
      query: { since: next },
    });
    assert.is(news, undefined, 'a poll without news');
    assert.is(
      await client.request('DELETE /api/tasks/{task_id}', {
        path: { task_id: 't' },
        ifVersion: moved.version,
      }),
      undefined,
    );
    try {
      await client.request('GET /api/tasks/{task_id}', { path: { task_id: 't' } });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, MiyabiApiError);
      assert.equal(
        [(error as MiyabiApiError).status, (error as MiyabiApiError).code],
        [404, 'task_not_found'],
      );
    }
  }),
);

test('says which headers tell a client what to do next, and they are there', async () => {
  const key = 'a-key-of-the-tests';
  const apiKeys = [{ hash: createHash('sha256').update(key).digest('hex'), scope: 'admin' as const }];
  const rateLimiter = memoryRateLimiter({ clock: memoryClock(), limit: 4 });
  const api = await openApi({}, { apiKeys, rateLimiter });
  const send = (headers: Readonly<Record<string, string>>) => api.call('POST', '/api/tasks', {}, headers);
  const known = { authorization: `Bearer ${key}` };
  const once = { ...known, 'idempotency-key': 'k' };
  try {
    const answers = [await send({}), await send(once), await send(once)];
    assert.is(answers[2]?.headers['idempotent-replayed'], 'true');
    await send(known);
    await send(known);
    answers.push(await send(known));
    assert.equal(
      answers.map(({ status }) => status),
      [401, 201, 201, 429],
    );
    const reported = new Set<string>();
    for (const { status, headers } of answers) {
      for (const [name, { required }] of headersOf('/api/tasks', 'post', status)) {
        const isThere = name.toLowerCase() in headers;
        if (isThere) reported.add(name);
        assert.ok(isThere || required !== true, `${status}: ${name}`);
      }
    }
    assert.equal([...reported].sort(), [
      'ETag',
      'Idempotent-Replayed',
      'Location',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'WWW-Authenticate',
    ]);
  } finally {
    await api.close();
  }
});

test('refuses an empty name as the contract says', () => {
  const { components } = openApiDocument() as {
    components: { schemas: Record<string, { properties: Record<string, { minLength?: number }> }> };
  };
  for (const [schema, field] of [
    ['NewTask', 'task_name'],
    ['NewProject', 'project_name'],
    ['LogBatch', 'log_group'],
  ] as const) {
    assert.is(components.schemas[schema]?.properties[field]?.minLength, 1, `${schema}.${field}`);
  }
});

test('the client asks for nothing else where an id is none that a URL can hold', async () => {
  const requested: string[] = [];
  const client = miyabiClient({
    baseUrl: 'http://miyabi.test',
    fetch: async (input) => {
      requested.push(String(input));
      return Response.json({});
    },
  });
  for (const webhook_id of ['..', '.', '']) {
    const refused = await client
      .request('DELETE /api/projects/{project_id}/webhooks/{webhook_id}', {
        path: { project_id: 'p', webhook_id },
      })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    assert.instance(refused, TypeError, webhook_id);
    assert.match((refused as TypeError).message, 'webhook_id');
  }
  assert.equal(requested, []);
  await client.request('GET /api/tasks/{task_id}', { path: { task_id: 'a/b ..' } });
  assert.equal(requested, ['http://miyabi.test/api/tasks/a%2Fb%20..']);
});

test.run();
