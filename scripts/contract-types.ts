import { type JsonSchema, referredName } from '../src/api/json-schema.ts';

type Document = Readonly<{
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Readonly<{ schemas: Readonly<Record<string, JsonSchema>> }>;
}>;
type Parameter = Readonly<{ name: string; in: string; required?: boolean; schema: JsonSchema }>;
type Operation = Readonly<{
  operationId: string;
  summary: string;
  parameters?: readonly Parameter[];
  requestBody?: Readonly<{ required: boolean; content: Readonly<Record<string, { schema: JsonSchema }>> }>;
  responses: Readonly<
    Record<string, Readonly<{ content?: Readonly<Record<string, { schema: JsonSchema }>> }>>
  >;
}>;

/** The contract as TypeScript: a type for each schema, and what each operation takes and answers. */
export const contractTypes = (document: JsonSchema): string => {
  const { paths, components } = document as unknown as Document;
  const types = Object.entries(components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`,
  );
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const table = operations.map(
    ({ path, method, operation: { operationId } }) => `  ${operationId}: ['${method}', '${path}'],`,
  );
  const shapes = operations.map(
    ({ operation }) => `  /** ${operation.summary}. */\n  ${operation.operationId}: ${shapeOf(operation)};`,
  );
  return [
    '// Generated from the contract by npm run contract: change the schemas instead.\n',
    ...types,
    `/** What each operation takes and answers. */\nexport type Operations = {\n${shapes.join('\n')}\n};\n`,
    `/** Method and path of each operation. */\nexport const OPERATIONS = {\n${table.join('\n')}\n} as const;\n`,
  ].join('\n');
};

const shapeOf = ({ parameters = [], requestBody, responses }: Operation): string => {
  const group = (place: string): string => {
    const named = parameters.filter((parameter) => parameter.in === place);
    if (named.length === 0) return '';
    const isOptional = named.every(({ required }) => required !== true);
    const fields = named.map(
      ({ name, required, schema }) =>
        `${key(name)}${required === true ? '' : '?'}: ${typeOf(schema)}${required === true ? '' : ' | undefined'}`,
    );
    return `${place}${isOptional ? '?' : ''}: { ${fields.join('; ')} }; `;
  };
  const body = Object.values(requestBody?.content ?? {})[0];
  // The client asks for no version that it may have, so only other conditions can find nothing new.
  const isConditional = parameters.some(({ name }) => name === 'If-None-Match');
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2') || (status === '304' && !isConditional))
    .map(([, { content }]) => content?.['application/json']?.schema ?? content?.['text/html']?.schema)
    .map((schema) => (schema === undefined ? 'undefined' : typeOf(schema)));
  const input = [
    group('path'),
    group('query'),
    body === undefined ? '' : `body${requestBody?.required === true ? '' : '?'}: ${typeOf(body.schema)}; `,
  ].join('');
  return [
    `{ input: ${input === '' ? 'Record<never, never>' : `{ ${input}}`}; `,
    `answer: ${[...new Set(answers)].join(' | ')} }`,
  ].join('');
};

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);

const typeOf = (schema: JsonSchema): string => {
  const { $ref, anyOf, enum: options, const: value, type } = schema;
  const { items, properties, required, additionalProperties } = schema;
  if ($ref !== undefined) return referredName($ref);
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' | ');
  if (options !== undefined) return options.map((option) => `'${String(option)}'`).join(' | ');
  if (value !== undefined) return typeof value === 'string' ? `'${value}'` : String(value);
  if (type === 'array') return `readonly (${items === undefined ? 'unknown' : typeOf(items)})[]`;
  if (type === 'integer' || type === 'number') return 'number';
  if (type !== 'object') return type ?? 'unknown';
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, property]) =>
      required?.includes(name) === true
        ? `${key(name)}: ${typeOf(property)}`
        : `${key(name)}?: ${typeOf(property)} | undefined`,
    );
    return `{ ${fields.join('; ')} }`;
  }
  const inner = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
  return `{ [key: string]: ${inner} }`;
};
