import { readFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import type { HttpServices, Method } from '../src/api/route.ts';
import { routes } from '../src/api/routes.ts';
import * as fields from '../src/api/schemas/fields.ts';
import * as logs from '../src/api/schemas/logs.ts';
import * as projects from '../src/api/schemas/projects.ts';
import * as tasks from '../src/api/schemas/tasks.ts';
import * as webhooks from '../src/api/schemas/webhooks.ts';

const schemas = { ...fields, ...tasks, ...projects, ...webhooks, ...logs };

import { OPERATIONS, type OperationDoc } from './openapi-operations.ts';
import { COUNTED_STATUSES, type JsonSchema, RESPONSES } from './openapi-responses.ts';

/** The contract of the API as an OpenAPI 3.1 document: its inputs from the schemas that check them. */
export const openApiDocument = (): JsonSchema => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const paths: Record<string, Record<string, JsonSchema>> = {};
  // The table of routes needs its services only when it is called.
  for (const { path, methods } of routes({} as HttpServices)) {
    const item: Record<string, JsonSchema> = {};
    for (const [method, { name, scope }] of Object.entries(methods)) {
      const doc = OPERATIONS[name];
      if (doc === undefined) throw new Error(`${name} is not described in scripts/openapi-operations.ts`);
      item[method.toLowerCase()] = operationOf(name, method as Method, path, scope, doc);
    }
    paths[path.replace(/\/:([a-z_]+)/g, '/{$1}')] = item;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Miyabi Progress',
      version,
      description:
        'Log lines in, live progress out. Errors are problem documents (RFC 9457) with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { api_key: [] }, {}],
    tags: ['tasks', 'projects', 'webhooks', 'logs', 'live', 'health'].map((name) => ({ name })),
    paths,
    components: {
      headers: HEADERS,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key. Where the server has none configured, it asks for none.',
        },
        api_key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
      schemas: { ...RESPONSES, ...inputs() },
    },
  };
};

const TIME: JsonSchema = {
  description: 'ISO 8601, or epoch milliseconds, of the years 1970 to 9999',
  anyOf: [
    {
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:?\\d\\d)?)?$',
    },
    { type: 'integer', minimum: 0, maximum: 253_402_300_799_999 },
  ],
};
const JSON_OBJECT: JsonSchema = { type: 'object', additionalProperties: true };
const labelsOf = (value: JsonSchema): JsonSchema => ({
  type: 'object',
  maxProperties: 50,
  propertyNames: {
    minLength: 1,
    maxLength: 63,
    pattern: '^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$',
  },
  additionalProperties: value,
});
const LABEL: JsonSchema = { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' };

/** What the converter cannot know: checks by hand, written out. */
const BY_HAND = new Map<unknown, JsonSchema>([
  [schemas.time, TIME],
  [schemas.jsonObject, JSON_OBJECT],
  [schemas.labels, labelsOf(LABEL)],
  [schemas.labelPatch, labelsOf({ anyOf: [LABEL, { type: 'null' }] })],
]);

const schemaOf = (schema: v.GenericSchema): JsonSchema => {
  const { $schema: _schema, ...converted } = toJsonSchema(schema, {
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
    overrideSchema: ({ valibotSchema }) => BY_HAND.get(valibotSchema) as never,
  });
  return tidy(converted) as JsonSchema;
};

const tidy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === 'required' && Array.isArray(inner) && inner.length === 0))
      .map(([key, inner]) => [key, tidy(inner)]),
  );
};

const itemsOf = (schema: v.GenericSchema, member: string, item: string): JsonSchema => {
  const converted = schemaOf(schema) as { properties: Record<string, JsonSchema> };
  return {
    ...converted,
    properties: {
      [member]: { ...converted.properties[member], items: { $ref: `#/components/schemas/${item}` } },
    },
  };
};

const inputs = (): Record<string, JsonSchema> => ({
  NewTask: schemaOf(schemas.newTask),
  TaskPatch: schemaOf(schemas.taskPatch),
  TaskBatch: itemsOf(schemas.taskBatch, 'tasks', 'NewTask'),
  ProgressReport: { ...schemaOf(schemas.progressReport), minProperties: 1 },
  TaskReport: { ...schemaOf(schemas.taskReport), minProperties: 2 },
  ProgressBatch: itemsOf(schemas.progressBatch, 'reports', 'TaskReport'),
  CancelRequest: schemaOf(schemas.cancelRequest),
  ReopenRequest: schemaOf(schemas.reopenRequest),
  NewProject: schemaOf(schemas.newProject),
  ProjectPatch: schemaOf(schemas.projectPatch),
  NewWebhook: schemaOf(schemas.newWebhook),
  WebhookPatch: schemaOf(schemas.webhookPatch),
  RotateRequest: schemaOf(schemas.rotateRequest),
  LogBatch: schemaOf(schemas.logBatch),
  CollectRequest: schemaOf(schemas.collectRequest),
});

const operationOf = (
  name: string,
  method: Method,
  path: string,
  scope: string,
  doc: OperationDoc,
): JsonSchema => {
  const isWrite = method !== 'GET';
  const params = [...path.matchAll(/\/:([a-z_]+)/g)].map(([, param = '']) => ({
    name: param,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
  }));
  const headers = [
    ...(method === 'POST'
      ? [
          header(
            'Idempotency-Key',
            'The same key and request are answered as the first time, for 24 hours.',
            '^[!-~]{1,255}$',
          ),
        ]
      : []),
    ...(doc.conditional === true
      ? [
          isWrite
            ? header('If-Match', 'Only at this version (ETag).')
            : header('If-None-Match', 'Not if this is still the version (ETag).'),
        ]
      : []),
    ...(doc.resumable === true
      ? [header('Last-Event-ID', 'As `since`; what a browser sends when it reconnects.', '^[!-~]{1,200}$')]
      : []),
  ];
  const statuses = new Set<number>([
    ...doc.problems,
    403,
    ...(scope === 'open' ? [] : [401, 429]),
    406,
    ...((isWrite && doc.body !== undefined) || doc.textBody === true ? [413, 415] : []),
  ]);
  if (params.length > 0 || isWrite || doc.query !== undefined) statuses.add(400);
  if (method === 'POST') for (const status of [409, 422]) statuses.add(status);
  if (isWrite && doc.conditional === true) statuses.add(412);
  if (scope !== 'open') statuses.add(503);
  return {
    operationId: name,
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    tags: [doc.tag],
    ...(scope === 'open' ? { security: [] } : { 'x-scope': scope }),
    ...(params.length + headers.length === 0 && doc.query === undefined
      ? {}
      : { parameters: [...params, ...queryOf(doc.query), ...headers] }),
    ...(doc.body === undefined && doc.textBody !== true ? {} : { requestBody: bodyOf(doc) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(doc.answers).map(([status, answer]) => [
          status,
          withHeaders(answer, method === 'POST' ? ['Idempotent-Replayed'] : []),
        ]),
      ),
      ...Object.fromEntries(
        [...statuses]
          .sort((a, b) => a - b)
          .filter((status) => !(status in doc.answers))
          .map((status) => [status, problem(status)]),
      ),
    },
  };
};

const header = (name: string, description: string, pattern?: string): JsonSchema => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string', ...(pattern === undefined ? {} : { pattern }) },
});

const queryOf = (schema: v.GenericSchema | undefined): readonly JsonSchema[] => {
  if (schema === undefined) return [];
  const { properties = {} } = schemaOf(schema) as { properties?: Record<string, JsonSchema> };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    ...(name in QUERY_TEXTS ? { description: QUERY_TEXTS[name] } : {}),
    schema:
      name === 'limit'
        ? {
            type: 'integer',
            minimum: 1,
            maximum: schema === schemas.historyQuery ? 1000 : 100,
            default: Number(property['default']),
          }
        : name === 'status'
          ? { type: 'array', items: { enum: COUNTED_STATUSES } }
          : property,
  }));
};

const QUERY_TEXTS: Readonly<Record<string, string>> = {
  status: 'Any of these: repeated, or with commas between them.',
  label: 'A label as `name:value`; repeated, all must be there.',
  q: 'Found in the name, whatever the case.',
  updated_since: 'Updated at or after this time: ISO 8601, or epoch milliseconds.',
  from: 'At or after this time: ISO 8601, or epoch milliseconds.',
  to: 'At or before this time: ISO 8601, or epoch milliseconds.',
  parent_id: 'The parts of this task.',
  cursor: 'The `next_cursor` of the page before, of the same list.',
  since: 'The id of an event: what came behind it.',
};

const bodyOf = ({ body, bodyOptional, patch, textBody }: OperationDoc): JsonSchema => {
  if (textBody === true) return { required: true, content: { 'text/plain': { schema: { type: 'string' } } } };
  const content = { schema: { $ref: `#/components/schemas/${body}` } };
  return {
    required: bodyOptional !== true,
    content: {
      ...(patch === true ? { 'application/merge-patch+json': content } : {}),
      'application/json': content,
    },
  };
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Something in the request is wrong; `fields` says what',
  401: 'A valid API key is needed',
  403: 'The key does not allow this; without keys: Host or Origin is not allowed',
  404: 'There is no such thing',
  406: 'No media type of the Accept header can be answered',
  409: 'It does not go together with what is there',
  412: 'The version is another',
  413: 'The body exceeds 256 KiB',
  415: 'The media type of the body is not understood',
  422: 'The Idempotency-Key was used for another request',
  429: 'Too many requests; Retry-After says how long to wait',
  503: 'A backend is not available; Retry-After says how long to wait',
};

const responseHeader = (description: string, required = false): JsonSchema => ({
  description,
  ...(required ? { required } : {}),
  schema: { type: 'string' },
});

/** Headers that many answers have, by their names. */
const HEADERS: Readonly<Record<string, JsonSchema>> = {
  'Idempotent-Replayed': responseHeader('`true` where this is the answer that was given the first time.'),
  'RateLimit-Limit': responseHeader('How many requests a minute the key may make. Other answers say so too.'),
  'RateLimit-Remaining': responseHeader('How many of them are left.'),
  'RateLimit-Reset': responseHeader('In how many seconds they are counted anew.'),
  'Retry-After': responseHeader('After how many seconds another attempt is worth it.', true),
  'WWW-Authenticate': responseHeader('How to say who asks.', true),
};

/** The headers of a problem that tell a client what to do next. */
const PROBLEM_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  503: ['Retry-After'],
};

const withHeaders = (answer: JsonSchema, names: readonly string[]): JsonSchema =>
  names.length === 0
    ? answer
    : {
        ...answer,
        headers: {
          ...(answer['headers'] as JsonSchema | undefined),
          ...Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
        },
      };

const problem = (status: number): JsonSchema =>
  withHeaders(
    {
      description: TITLES[status] ?? 'Error',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
    PROBLEM_HEADERS[status] ?? [],
  );
