import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import type { HttpApp } from '../../src/api/message.ts';
import { openApiDocument } from '../../src/api/openapi.ts';
import { type ApiEvent, apiLambda } from '../../src/entrypoints/lambda/http.ts';
import { serve } from '../../src/entrypoints/local/serve.ts';
import { openApi } from '../support/api.ts';
import { schemaProblems } from '../support/json-schema.ts';
import { hasRedisServer, startRedis } from '../support/redis.ts';
import { suite } from '../support/suite.ts';
import { EXCHANGES, type Exchange, SECRET } from './exchanges.ts';

type Sent = Readonly<{
  method: string;
  target: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}>;
type Answered = Readonly<{ status: number; headers: Readonly<Record<string, string>>; text: string }>;
type Way = Readonly<{ send(request: Sent): Promise<Answered>; close(): Promise<void> }>;

const nothing = async () => undefined;

/** How requests reach the application. */
const WAYS: Readonly<Record<string, (app: HttpApp) => Way | Promise<Way>>> = {
  'the local server': async (app) => {
    const listening = await serve(app, { host: '127.0.0.1', port: 0, logger: memoryLogger() });
    return {
      async send({ method, target, headers, body }) {
        const response = await fetch(listening.url + target, {
          method,
          headers,
          ...(body === undefined ? {} : { body }),
        });
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          text: await response.text(),
        };
      },
      close: () => listening.close(0),
    };
  },
  'a Lambda event of version 1': (app) => {
    const handler = apiLambda(app);
    return {
      async send({ method, target, headers, body }) {
        const url = new URL(target, 'http://x');
        const search = [...new Set(url.searchParams.keys())];
        return fromLambda(
          await handler({
            version: '1.0',
            resource: '/{proxy+}',
            httpMethod: method,
            requestContext: { stage: 'prod' },
            path: target.split('?')[0],
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
            ),
            multiValueQueryStringParameters:
              search.length === 0
                ? null
                : Object.fromEntries(search.map((name) => [name, url.searchParams.getAll(name)])),
            body: body ?? null,
            isBase64Encoded: false,
          } as unknown as ApiEvent),
        );
      },
      close: nothing,
    };
  },
  'a Lambda event of version 2': (app) => {
    const handler = apiLambda(app);
    return {
      async send({ method, target, headers, body }) {
        const [path = '', search = ''] = target.split('?');
        return fromLambda(
          await handler({
            version: '2.0',
            rawPath: path,
            rawQueryString: search,
            headers,
            requestContext: { stage: '$default', http: { method, path } },
            ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
            isBase64Encoded: body !== undefined,
          } as unknown as ApiEvent),
        );
      },
      close: nothing,
    };
  },
};

const fromLambda = (result: Awaited<ReturnType<ReturnType<typeof apiLambda>>>): Answered => ({
  status: result.statusCode ?? 0,
  headers: Object.fromEntries(
    Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]),
  ),
  text: result.body ?? '',
});

const COMPARED = [
  'content-type',
  'etag',
  'location',
  'allow',
  'retry-after',
  'idempotent-replayed',
  'accept-patch',
  'cache-control',
];

/** An answer without the parts that differ between runs: generated ids, times, positions in lists. */
const stable = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    // What a process has done depends on the backends; the tasks do not. The names begin like keys.
    .replace(/^((?:# (?:HELP|TYPE) )?)miyabi_/gm, '$1metric ')
    .replace(/^(metric (?!tasks)\w+(?:\{[^}]*\})?) .*$/gm, '$1 <n>')
    .replace(/(?:whsec|miyabi)_[^"]{32,}/g, '<secret>')
    .replace(/"key_id":"[0-9a-f]{16}"/g, '"key_id":"<id>"')
    .replace(/"20(?!26-01-01T00:0)\d\d-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
    .replace(/"(duration_seconds|avg_completion_time_seconds)":[\d.]+/g, '"$1":"<n>"')
    // There is an estimate once some time has passed, which it has or has not.
    .replace(/,"eta_seconds":[\d.]+|"eta_seconds":[\d.]+,/g, '')
    .replace(/etag: "[a-z0-9]+-[a-z0-9]+"/g, 'etag: <place>')
    .replace(/"(next_cursor|next)":"[^"]+"/g, '"$1":"<place>"')
    .replace(/"backends":\{.*\}\}/, '"backends":"<backends>"');

type Document = Parameters<typeof schemaProblems>[0] &
  Readonly<{
    paths: Readonly<
      Record<
        string,
        Readonly<
          Record<
            string,
            {
              responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema: object }>> }>>;
            }
          >
        >
      >
    >;
  }>;
const document = openApiDocument() as unknown as Document;

/** What of an answer the contract does not describe. */
const undescribed = (
  method: string,
  target: string,
  { status, headers, text }: Answered,
): readonly string[] => {
  const path = target.split('?')[0]?.replace(/(.)\/$/, '$1') ?? '';
  const templates = Object.keys(document.paths);
  const template =
    document.paths[path] !== undefined
      ? path
      : templates.find((one) => new RegExp(`^${one.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
  const operation =
    template === undefined
      ? undefined
      : document.paths[template]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (operation === undefined)
    return status === 404 || status === 405 || method === 'OPTIONS' ? [] : ['there is no such operation'];
  const response = operation.responses[status];
  if (response === undefined) return [`status ${status} is not described`];
  if (text === '') return response.content === undefined || method === 'HEAD' ? [] : ['the body is missing'];
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  const content = response.content?.[type];
  if (content === undefined) return [`${type} is not described`];
  return type.endsWith('json') ? schemaProblems(document, content.schema as never, JSON.parse(text)) : [];
};

/** Runs the exchanges and records the answers. */
const transcript = async (way: Way): Promise<readonly string[]> => {
  const kept = new Map<string, string>();
  const fill = (text: string): string =>
    text.replace(/\$(\w+)/g, (whole, name: string) => kept.get(name) ?? whole);
  const lines: string[] = [];
  for (const [index, exchange] of EXCHANGES.entries()) {
    await nextMillisecond();
    const target = fill(exchange.target);
    const answer = await way.send({
      method: exchange.method,
      target,
      headers: {
        accept: 'application/json',
        ...(exchange.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...Object.fromEntries(
          Object.entries(exchange.headers ?? {}).map(([name, value]) => [name, fill(value)]),
        ),
      },
      body: bodyOf(exchange, fill),
    });
    const title = `${index}: ${exchange.method} ${exchange.target}`;
    assert.is(answer.status, exchange.status, `${title}: ${answer.text}`);
    assert.equal(undescribed(exchange.method, target, answer), [], title);
    const isJson = /json/.test(answer.headers['content-type'] ?? '') && answer.text !== '';
    const json: unknown = isJson ? JSON.parse(answer.text) : undefined;
    if (exchange.code !== undefined) assert.is((json as { code: string }).code, exchange.code, title);
    for (const [name, place] of Object.entries(exchange.keep ?? {})) {
      kept.set(
        name,
        place.startsWith('header:')
          ? (answer.headers[place.slice(7)] ?? '')
          : String((json as Record<string, unknown>)[place]),
      );
    }
    const headers = COMPARED.flatMap((name) =>
      answer.headers[name] === undefined ? [] : [`${name}: ${answer.headers[name]}`],
    );
    const text = json === undefined ? answer.text : JSON.stringify(sorted(json));
    lines.push(stable([title, answer.status, ...headers, text].join('\n')));
  }
  return lines;
};

/** The order of an object's members has no meaning and depends on the store. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
};

const bodyOf = ({ body }: Exchange, fill: (text: string) => string): string | undefined =>
  body === undefined ? undefined : fill(typeof body === 'string' ? body : JSON.stringify(body));

/** Updates within one millisecond are listed by id, which differs from run to run. */
const nextMillisecond = async (): Promise<void> => {
  const before = Date.now();
  while (Date.now() === before) await new Promise((resolve) => setImmediate(resolve));
};

type Backend = Readonly<{ env: Readonly<Record<string, string>>; close(): Promise<unknown> }>;

const localBackend = async (env: Readonly<Record<string, string>> = {}): Promise<Backend> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-exchanges-'));
  return {
    env: { MIYABI_BACKEND: 'local', MIYABI_DATA_DIR: folder, ...env },
    close: () => rm(folder, { recursive: true, force: true }),
  };
};

const BACKENDS: Readonly<Record<string, (() => Promise<Backend>) | undefined>> = {
  memory: async () => ({ env: {}, close: nothing }),
  local: () => localBackend({ CACHE: 'memory' }),
  'dynalite and Redis': hasRedisServer
    ? async () => {
        const redis = await startRedis();
        const local = await localBackend({
          CACHE: 'redis',
          FEED: 'redis',
          REDIS_ENDPOINT: '127.0.0.1',
          REDIS_PORT: String(redis.address.port),
        });
        return { env: local.env, close: async () => Promise.all([local.close(), redis.stop()]) };
      }
    : undefined,
};

const test = suite('One client, one day, every way in');

const OFTEN = [
  'a Lambda event of version 2 on memory',
  `the local server on ${hasRedisServer ? 'dynalite and Redis' : 'local'}`,
];

let expected: readonly string[] | undefined;

for (const [backend, open] of Object.entries(BACKENDS)) {
  for (const [way, reach] of Object.entries(WAYS)) {
    const title = `${EXCHANGES.length} exchanges by ${way} on ${backend} are answered alike, and as the contract has it`;
    if (open === undefined) {
      test.skip(title, 'redis-server is not on the PATH');
      continue;
    }
    // The slow ones add every way on one backend, and every backend in one way.
    const often = OFTEN.includes(`${way} on ${backend}`) ? test : test.slow;
    often(title, async () => {
      const { env, close } = await open();
      const api = await openApi({ MIYABI_SECRET: SECRET, ...env });
      const opened = await reach(api.app);
      try {
        const lines = await transcript(opened);
        expected ??= lines;
        for (const [index, line] of lines.entries()) assert.fixture(line, expected[index] ?? '');
      } finally {
        await opened.close();
        await api.close();
        await close();
      }
    });
  }
}

test('there are exchanges for every operation of the contract', () => {
  const used = EXCHANGES.map(({ method, target }) => `${method} ${target.split('?')[0]}`);
  for (const [path, item] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
    for (const method of Object.keys(item)) {
      const found = used.some(
        (one) => one.startsWith(`${method.toUpperCase()} `) && pattern.test(one.slice(method.length + 1)),
      );
      assert.ok(found, `${method} ${path}`);
    }
  }
  assert.ok(EXCHANGES.length >= 60);
});

test.run();
