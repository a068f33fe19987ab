import { type JsonSchema, referredName } from '../../src/api/json-schema.ts';

/** What of a value a JSON JsonSchema does not allow, in words; as much of the standard as the contract's answers use. */
export const schemaProblems = (
  root: Readonly<{ components: Readonly<{ schemas: Readonly<Record<string, JsonSchema>> }> }>,
  schema: JsonSchema,
  value: unknown,
  path = '',
): readonly string[] => {
  const { $ref, anyOf, enum: options, const: constant, type } = schema;
  const { items, properties, required, additionalProperties } = schema;
  if ($ref !== undefined) {
    const named = root.components.schemas[referredName($ref)];
    return named === undefined ? [`${path}: ${$ref} is missing`] : schemaProblems(root, named, value, path);
  }
  if (anyOf !== undefined) {
    const all = anyOf.map((one) => schemaProblems(root, one, value, path));
    return all.some((problems) => problems.length === 0)
      ? []
      : [`${path}: fits none: ${all.flat().join('; ')}`];
  }
  if (constant !== undefined && value !== constant) return [`${path}: is not ${String(constant)}`];
  if (options !== undefined && !options.includes(value)) return [`${path}: is none of ${options.join(', ')}`];
  if (type !== undefined && !hasType(value, type)) return [`${path}: is no ${type}`];
  if (Array.isArray(value) && items !== undefined) {
    return value.flatMap((item, index) => schemaProblems(root, items, item, `${path}[${index}]`));
  }
  if (type === 'object' && typeof value === 'object' && value !== null) {
    const missing = (required ?? [])
      .filter((name) => !Object.hasOwn(value, name))
      .map((name) => `${path}.${name}: is missing`);
    const members = Object.entries(value).flatMap(([name, member]) => {
      const known = properties?.[name];
      if (known !== undefined) return schemaProblems(root, known, member, `${path}.${name}`);
      if (additionalProperties === false) return [`${path}.${name}: is not described`];
      return typeof additionalProperties === 'object'
        ? schemaProblems(root, additionalProperties, member, `${path}.${name}`)
        : [];
    });
    return [...missing, ...members];
  }
  const { minimum = -Infinity, maximum = Infinity } = schema;
  return typeof value === 'number' && (value < minimum || value > maximum)
    ? [`${path}: is out of bounds`]
    : [];
};

const hasType = (value: unknown, type: string): boolean => {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
};
