import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import * as assert from 'uvu/assert';
import { type ApiEvent, apiLambda, requestOf } from '../../../src/entrypoints/lambda/http.ts';
import { openApi } from '../../support/api.ts';
import { suite } from '../../support/suite.ts';

type Given = Readonly<{
  method?: string;
  path?: string;
  stage?: string;
  search?: string;
  headers?: Record<string, string>;
  body?: string;
  isBase64?: boolean;
}>;

/** What an HTTP API, or a function URL, hands to a Lambda in payload format 2.0. */
const v2 = ({
  method = 'GET',
  path = '/health',
  stage = '$default',
  search = '',
  headers = {},
  body,
  isBase64 = false,
}: Given): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: search,
  headers,
  requestContext: {
    accountId: '123456789012',
    apiId: 'api',
    domainName: 'api.execute-api.eu-central-1.amazonaws.com',
    domainPrefix: 'api',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
    requestId: 'id',
    routeKey: '$default',
    stage,
    time: '23/Nov/2026:12:00:00 +0000',
    timeEpoch: 0,
  },
  ...(body === undefined ? {} : { body }),
  isBase64Encoded: isBase64,
});

/** What a REST API hands over; with `version`, an HTTP API in payload format 1.0. */
const v1 = (
  { method = 'GET', path = '/health', stage = 'prod', search, headers = {}, body, isBase64 = false }: Given,
  version?: '1.0',
): APIGatewayProxyEvent => {
  const query = new URLSearchParams(search);
  const event = {
    ...(version === undefined ? {} : { version }),
    httpMethod: method,
    path,
    resource: '/{proxy+}',
    headers,
    multiValueHeaders: {},
    queryStringParameters: search === undefined ? null : Object.fromEntries(query),
    multiValueQueryStringParameters:
      search === undefined
        ? null
        : Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
    pathParameters: null,
    stageVariables: null,
    requestContext: { stage, path: `/${stage}${path}`, httpMethod: method },
    body: body ?? null,
    isBase64Encoded: isBase64,
  };
  return event as unknown as APIGatewayProxyEvent;
};

const withLambda =
  (run: (handle: ReturnType<typeof apiLambda>) => unknown, env: Readonly<Record<string, string>> = {}) =>
  async (): Promise<void> => {
    const api = await openApi(env, { streaming: false });
    try {
      await run(apiLambda(api.app));
    } finally {
      await api.close();
    }
  };

const JSON_BODY = { 'content-type': 'application/json' };
const FORMS: readonly (readonly [string, (given: Given) => ApiEvent])[] = [
  ['payload 1.0 of a REST API', (given) => v1(given)],
  ['payload 1.0 of an HTTP API', (given) => v1(given, '1.0')],
  ['payload 2.0', (given) => v2(given)],
];

const test = suite('API Lambda');

for (const [name, eventOf] of FORMS) {
  test(
    `${name}: a task is made, read, listed by repeated parameters, and removed`,
    withLambda(async (handle) => {
      const body = JSON.stringify({ task_id: 'a', task_name: 'dé|ploi ✅', status: 'running' });
      const made = await handle(eventOf({ method: 'POST', path: '/api/tasks', headers: JSON_BODY, body }));
      assert.equal([made.statusCode, made.isBase64Encoded], [201, false]);
      const encoded = Buffer.from(JSON.stringify({ task_id: 'b', task_name: 'ü', status: 'blocked' }));
      const base64 = { body: encoded.toString('base64'), isBase64: true };
      const other = await handle(
        eventOf({ method: 'POST', path: '/api/tasks', headers: JSON_BODY, ...base64 }),
      );
      assert.is(JSON.parse(other.body ?? '').task.task_name, 'ü');

      const read = await handle(eventOf({ path: '/api/tasks/a' }));
      assert.is(JSON.parse(read.body ?? '').task_name, 'dé|ploi ✅');
      const etag = String(read.headers?.['etag']);
      const fresh = await handle(eventOf({ path: '/api/tasks/a', headers: { 'if-none-match': etag } }));
      assert.equal([fresh.statusCode, fresh.body], [304, '']);

      const list = async (search: string): Promise<readonly string[]> => {
        const { body: text } = await handle(eventOf({ path: '/api/tasks', search }));
        return JSON.parse(text ?? '').tasks.map(({ task_id }: { task_id: string }) => task_id);
      };
      assert.equal((await list('status=running&status=blocked')).toSorted(), ['a', 'b']);
      assert.equal(await list('status=blocked&limit=5'), ['b']);
      assert.equal(await list('q=d%C3%A9%7Cploi%20%E2%9C%85'), ['a']);

      assert.is((await handle(eventOf({ method: 'DELETE', path: '/api/tasks/a' }))).statusCode, 204);
      assert.is((await handle(eventOf({ path: '/api/tasks/a' }))).statusCode, 404);
    }),
  );
}

test('a named stage of an HTTP API is no part of the path, in either payload', () => {
  const paths = (stage: string, path: string) => [
    requestOf(v2({ stage, path })).path,
    requestOf(v1({ stage, path }, '1.0')).path,
  ];
  assert.equal(paths('prod', '/prod/api/tasks'), ['/api/tasks', '/api/tasks']);
  assert.equal(paths('api', '/api/api/tasks'), ['/api/tasks', '/api/tasks']);
  assert.equal(paths('prod', '/prod'), ['/', '/']);
  assert.equal(paths('prod', '/production'), ['/production', '/production']);
  assert.equal(paths('$default', '/api/tasks'), ['/api/tasks', '/api/tasks']);
  // A REST API leaves it out by itself, and may be named like the first segment.
  assert.is(requestOf(v1({ stage: 'api', path: '/api/tasks' })).path, '/api/tasks');
});

test('header names of payload 1.0 come in any case', () => {
  assert.is(requestOf(v1({ headers: { 'X-Api-Key': 'k' } })).headers['x-api-key'], 'k');
});

test('query parameters of payload 1.0 are encoded again, and read from the single ones where others are missing', () => {
  const search = 'label=a%26b%3Dc&label=d&q=%E2%9C%85+%25';
  const params = new URLSearchParams(requestOf(v1({ search })).search);
  assert.equal(
    [...params],
    [
      ['label', 'a&b=c'],
      ['label', 'd'],
      ['q', '✅ %'],
    ],
  );
  const event = {
    ...v1({ search: 'q=x%26y' }),
    multiValueQueryStringParameters: null,
  } as unknown as ApiEvent;
  assert.is(requestOf(event).search, 'q=x%26y');
});

test('a body that is missing is none, and bytes that are no UTF-8 are still there', () => {
  assert.is(requestOf(v2({})).body, undefined);
  assert.is(requestOf(v1({})).body, undefined);
  const bytes = Buffer.from([0xff, 0x7b, 0xc3]);
  const request = requestOf(v2({ body: bytes.toString('base64'), isBase64: true }));
  assert.equal(Buffer.from(request.bytes ?? []), bytes);
});

test(
  'events are answered at once, as a text and not as a stream',
  withLambda(async (handle) => {
    const { statusCode, headers, body } = await handle(
      v2({ path: '/api/events', headers: { accept: 'text/event-stream' } }),
    );
    assert.is(statusCode, 200);
    assert.match(String(headers?.['content-type']), 'text/event-stream');
    assert.type(body, 'string');
  }),
);

test.run();
