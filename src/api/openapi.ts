import { readFileSync } from 'node:fs';
import { toJsonSchemaDefs } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { defined } from '../domain/defined.ts';
import { ID_PATTERN } from '../domain/ids.ts';
import { type JsonSchema, referredName } from './json-schema.ts';
import type { Answer, Route, Schema } from './route.ts';
import { ROUTES } from './routes.ts';
import { problem } from './schemas/problem.ts';

type AnySchema = Schema<unknown, unknown>;

/** A part of the document that is no schema. */
type Part = Readonly<Record<string, unknown>>;

/**
 * The contract as an OpenAPI 3.1 document, derived from the routes. The build replaces this module by the finished
 * document, so that the API at runtime needs neither the converter nor its time.
 */
export const openApiDocument = (): Part => {
  const routes = Object.entries(ROUTES).flatMap(([tag, group]) =>
    Object.entries<Route>(group).map(([name, route]) => ({ tag, name, route })),
  );
  const { schemaOf, components } = converter([problem, ...routes.flatMap(({ route }) => schemasOf(route))]);
  const paths: Record<string, Record<string, Part>> = {};
  for (const { tag, name, route } of routes) {
    const operation = operationOf(tag, name, route, schemaOf);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Miyabi Progress',
      version: ownVersion(),
      description:
        'Log lines in, live progress out. Errors are problem documents (RFC 9457) with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { api_key: [] }, {}],
    tags: Object.keys(ROUTES).map((name) => ({ name })),
    paths,
    components: {
      headers: HEADERS,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key. A server that has none configured asks for none.',
        },
        api_key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
      schemas: components,
    },
  };
};

const ownVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return v.parse(v.object({ version: v.string() }), JSON.parse(text)).version;
};

const isSchema = (value: unknown): value is AnySchema =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';

const schemasOf = ({ query, body, answers }: Route): readonly AnySchema[] =>
  [
    query,
    body?.schema,
    ...Object.values(answers).flatMap(({ content = {} }) => Object.values(content)),
  ].filter(isSchema);

/** Adds a schema and all its parts to those that were found. */
const collect = (schema: AnySchema, found: Set<AnySchema>): void => {
  if (found.has(schema)) return;
  found.add(schema);
  const { item } = v.getMetadata(schema);
  for (const member of [item, ...Object.values(schema)]) {
    // The entries of an object, the options of a union and the steps of a pipe are one level further down.
    const inner = typeof member === 'object' && member !== null ? Object.values(member) : [];
    for (const one of [member, ...inner]) if (isSchema(one)) collect(one, found);
  }
};

const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

type SchemaOf = (schema: AnySchema) => JsonSchema;

/**
 * Schemas as JSON Schema: those with a title are components, and referred to. The metadata of a schema has what the
 * converter cannot see, checks by hand and the items of a batch; such a schema is converted by reference, then
 * inserted.
 */
const converter = (roots: readonly AnySchema[]) => {
  const found = new Set<AnySchema>();
  for (const root of roots) collect(root, found);
  const isSpecial = (schema: AnySchema) =>
    v.getTitle(schema) !== undefined || Object.keys(v.getMetadata(schema)).length > 0;
  const schemas = [...found].filter((schema) => isSpecial(schema) || roots.includes(schema));
  const converted = toJsonSchemaDefs(Object.fromEntries(schemas.entries()), {
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
  });

  const resolved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== 'object' || value === null) return value;
    // An object within a JSON schema is a JSON schema or is treated like one.
    const { $ref, ...members } = value as JsonSchema;
    const schema = $ref === undefined ? undefined : schemas[Number(referredName($ref))];
    const rest = Object.entries(members)
      // An empty list of required fields is left out.
      .filter(([key, member]) => !(key === 'required' && Array.isArray(member) && member.length === 0))
      .map(([key, member]) => [key, resolved(member)]);
    return { ...Object.fromEntries(rest), ...(schema === undefined ? {} : schemaOf(schema)) };
  };
  const whole: SchemaOf = (schema) => {
    const { jsonSchema, item } = v.getMetadata(schema);
    if (typeof jsonSchema === 'object') return { ...jsonSchema };
    const { title: _title, item: _item, ...known }: Part = { ...converted[schemas.indexOf(schema)] };
    // `resolved` maps an object to an object.
    return { ...(resolved(known) as JsonSchema), ...(isSchema(item) ? { items: schemaOf(item) } : {}) };
  };
  const schemaOf: SchemaOf = (schema) => {
    const title = v.getTitle(schema);
    return title === undefined ? whole(schema) : refTo(title);
  };

  const components = schemas.flatMap((schema): readonly [string, JsonSchema][] => {
    const title = v.getTitle(schema);
    return title === undefined ? [] : [[title, whole(schema)]];
  });
  return { schemaOf, components: Object.fromEntries(components) };
};

const operationOf = (tag: string, name: string, route: Route, schemaOf: SchemaOf): Part => {
  const { method, path, scope, summary, description, query, body, answers } = route;
  const isWrite = method !== 'GET';
  const parameters = [
    ...pathParameters(path),
    ...queryParameters(query, schemaOf),
    ...headerParameters(route),
  ];
  const found = { ...answers, ...(route.conditional && !isWrite ? { 304: NOT_MODIFIED } : {}) };
  return {
    operationId: name,
    summary,
    ...defined({ description }),
    tags: [tag],
    ...(scope === 'open' ? { security: [] } : { 'x-scope': scope }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isOptional !== true,
            content: Object.fromEntries(
              body.types.map((type) => [
                type,
                { schema: body.schema === undefined ? TEXT : schemaOf(body.schema) },
              ]),
            ),
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(found).map(([status, answer]) => [
          status,
          answerOf(answer, schemaOf, method === 'POST' ? ['Idempotent-Replayed'] : []),
        ]),
      ),
      ...Object.fromEntries(
        problemsOf(route)
          .filter((status) => !(status in found))
          .map((status) => [status, problemAnswer(status, schemaOf)]),
      ),
    },
  };
};

const TEXT: JsonSchema = { type: 'string' };
const NOT_MODIFIED: Answer<undefined> = { description: 'It is still that version', headers: ['ETag'] };

const pathParameters = (path: string): readonly Part[] =>
  [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: ID_PATTERN.source },
  }));

const queryParameters = (query: AnySchema | undefined, schemaOf: SchemaOf): readonly Part[] => {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query);
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...defined({ description }),
    schema: property,
  }));
};

const headerParameters = ({ method, conditional, resumable }: Route): readonly Part[] => [
  ...(method === 'POST'
    ? [
        header(
          'Idempotency-Key',
          'The same key and request are answered as the first time, for 24 hours.',
          '^[!-~]{1,255}$',
        ),
      ]
    : []),
  ...(conditional !== true
    ? []
    : method === 'GET'
      ? [header('If-None-Match', 'Not if this is still the version (ETag).')]
      : [header('If-Match', 'Only at this version (ETag).')]),
  ...(resumable === true
    ? [header('Last-Event-ID', 'As `since`; browsers send it when they reconnect.', '^[!-~]{1,200}$')]
    : []),
];

const header = (name: string, description: string, pattern?: string): Part => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string', ...defined({ pattern }) },
});

/** The statuses of the problems that a route can answer with, from its properties. */
const problemsOf = ({ method, path, scope, query, body, conditional }: Route): readonly number[] => {
  const isWrite = method !== 'GET';
  const hasParams = path.includes('{');
  return [
    ...(hasParams || isWrite || query !== undefined ? [400] : []),
    ...(scope === 'open' ? [] : [401]),
    403,
    ...(hasParams ? [404] : []),
    406,
    ...(isWrite ? [409] : []),
    ...(isWrite && conditional === true ? [412] : []),
    ...(body === undefined ? [] : [413, 415]),
    ...(method === 'POST' ? [422] : []),
    ...(scope === 'open' ? [] : [429]),
    // An open route with a parameter reads what it names.
    ...(scope === 'open' && !hasParams ? [] : [503]),
  ];
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Something in the request is wrong; `fields` says what',
  401: 'A valid API key is needed',
  403: 'The key does not allow this; without keys: Host or Origin is not allowed',
  404: 'It does not exist',
  406: 'No media type of the Accept header can be answered',
  409: 'It conflicts with the current state',
  412: 'It is at another version',
  413: 'The body exceeds 256 KiB',
  415: 'The media type of the body is not supported',
  422: 'The Idempotency-Key was used for another request',
  429: 'Too many requests; Retry-After says how long to wait',
  503: 'A backend is not available; Retry-After says how long to wait',
};

const responseHeader = (description: string, required = false): Part => ({
  description,
  ...(required ? { required } : {}),
  schema: TEXT,
});

/** Headers that many answers have, by their names. */
const HEADERS: Readonly<Record<string, Part>> = {
  'Idempotent-Replayed': responseHeader('`true` if this is the answer that was given the first time.'),
  'RateLimit-Limit': responseHeader(
    'How many requests a minute the key may make. Other answers have it too.',
  ),
  'RateLimit-Remaining': responseHeader('How many of them are left.'),
  'RateLimit-Reset': responseHeader('In how many seconds the count starts again.'),
  'Retry-After': responseHeader('After how many seconds another attempt is worthwhile.', true),
  'WWW-Authenticate': responseHeader('How to authenticate.', true),
};

/** The headers of a problem that tell a client what to do next. */
const PROBLEM_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  503: ['Retry-After'],
};

const answerOf = (
  { description, headers = [], content }: Answer<unknown>,
  schemaOf: SchemaOf,
  shared: readonly string[],
): JsonSchema => {
  const described = {
    ...Object.fromEntries(headers.map((name) => [name, { schema: TEXT }])),
    ...Object.fromEntries(shared.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
  };
  const bodies = Object.entries(content ?? {}).map(([type, schema]) => [
    type,
    { schema: schema === undefined ? TEXT : schemaOf(schema) },
  ]);
  return {
    description,
    ...(Object.keys(described).length === 0 ? {} : { headers: described }),
    ...(content === undefined ? {} : { content: Object.fromEntries(bodies) }),
  };
};

const problemAnswer = (status: number, schemaOf: SchemaOf): Part =>
  answerOf(
    { description: TITLES[status] ?? 'Error', content: { 'application/problem+json': problem } },
    schemaOf,
    PROBLEM_HEADERS[status] ?? [],
  );
