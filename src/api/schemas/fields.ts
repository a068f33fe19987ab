import * as v from 'valibot';
import { defined } from '../../domain/defined.ts';
import { ID_PATTERN, ID_RULE } from '../../domain/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { MAX_COUNT } from '../../domain/tasks/progress.ts';
import { MAX_LABELS, MAX_METADATA } from '../../domain/tasks/task.ts';
import { isTime, MAX_TIME } from '../../domain/time.ts';

/** A schema with a name in the contract. */
export const named = <const S extends v.GenericSchema>(title: string, schema: S) =>
  v.pipe(schema, v.title(title));

/** A schema with rules that the converter to JSON Schema cannot see: they are written out here. */
export const documented = <const S extends v.GenericSchema>(
  jsonSchema: Readonly<Record<string, unknown>>,
  schema: S,
) => v.pipe(schema, v.metadata({ jsonSchema }));

/** A union whose error message describes its options. */
export const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);

export const id = v.pipe(v.string(), v.regex(ID_PATTERN, ID_RULE));

/** An object with exactly these fields. Arrays are refused. */
export const object = <const E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> => {
  const schema = v.strictObject(entries);
  const needed = Object.keys(entries).filter((key) => isNeeded(entries[key]));
  return {
    ...schema,
    '~run': (dataset, config) => {
      const { value } = dataset;
      if (Array.isArray(value)) return schema['~run']({ value: 'an array' }, config);
      const fields = fieldsOf(value, entries, needed, config);
      // The checks of the fields have passed, so the value is what they say.
      if (fields !== undefined) return { typed: true, value: fields as v.InferOutput<typeof schema> };
      return schema['~run'](dataset, config);
    },
  };
};

/** Whether an object without this field is refused, or gets a default. */
const isNeeded = (entry: v.ObjectEntries[string] | undefined): boolean =>
  entry?.type !== 'optional' || ('default' in entry && entry.default !== undefined);

/**
 * A valid object, as its fields read it; undefined for any other, in which the library then finds all problems. It looks
 * only at the fields that are there, a few of those that there may be, and copies nothing unless a field changes.
 */
const fieldsOf = (
  value: unknown,
  entries: v.ObjectEntries,
  needed: readonly string[],
  config: v.Config<v.BaseIssue<unknown>>,
): object | undefined => {
  if (!isJsonObject(value)) return undefined;
  let changed: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
    const read = entry?.['~run']({ value: value[key] }, config);
    if (read === undefined || 'then' in read || read.issues !== undefined) return undefined;
    if (read.value === value[key]) continue;
    changed ??= { ...value };
    changed[key] = read.value;
  }
  for (const key of needed) if (!Object.hasOwn(value, key)) return undefined;
  return changed ?? value;
};

/** Text on one line. */
export const line = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength, `must not be longer than ${maxLength} characters`),
    v.regex(NO_CONTROL, 'must not contain control characters'),
    v.check((value) => value.isWellFormed(), 'must be well-formed Unicode'),
  );
export const name = (maxLength: number) =>
  // The contract can only express the length.
  v.pipe(line(maxLength), v.minLength(1, 'must not be empty'), v.regex(/\S/, 'must not be empty'));
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

export const prose = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength, `must not be longer than ${maxLength} characters`),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what this looks for
    v.regex(/^[^\u0000]*$/, 'must not contain NUL'),
    v.check((value) => value.isWellFormed(), 'must be well-formed Unicode'),
  );

export const slug = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, _ or -'),
);

const integerRule = (min: number) => `must be a whole number from ${min} to ${MAX_COUNT}`;
export const count = (min: number) =>
  v.pipe(
    v.number(),
    v.integer(integerRule(min)),
    v.minValue(min, integerRule(min)),
    v.maxValue(MAX_COUNT, integerRule(min)),
  );

/** Epoch milliseconds of ISO 8601 text, NaN if it is invalid. Without a zone it is UTC, on any machine. */
const epochOf = (text: string): number => {
  const [, year, month, day, clock, zone] = ISO.exec(text) ?? [];
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return Number.NaN;
  return year === undefined
    ? Number.NaN
    : Date.parse(clock !== undefined && zone === undefined ? `${text}Z` : text);
};
const ISO = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

const TIME_RULE = 'must be an ISO 8601 time or epoch milliseconds, of the years 1970 to 9999';
/** A moment, as ISO 8601 text or epoch milliseconds; epoch milliseconds inside. */
export const time = documented(
  {
    description: 'ISO 8601, or epoch milliseconds, of the years 1970 to 9999',
    anyOf: [
      { type: 'string', pattern: ISO.source.replaceAll('(?:', '(') },
      { type: 'integer', minimum: 0, maximum: MAX_TIME },
    ],
  },
  v.pipe(
    // Numbers first: each option that does not fit costs as much as all the rest.
    v.union([v.number(), v.string()], TIME_RULE),
    v.transform((value) => (typeof value === 'number' ? value : epochOf(value))),
    v.check(isTime, TIME_RULE),
  ),
);

/** Any JSON object. Schemas of records lose keys such as `constructor`, so it is checked by hand. */
export const jsonObject = documented(
  { type: 'object', additionalProperties: true },
  v.pipe(
    v.custom<JsonObject>(isJsonObject, 'must be an object'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const problem = problemOfJson(dataset.value);
      if (problem !== undefined) addIssue({ message: problem });
    }),
  ),
);

const problemOfJson = (value: JsonObject): string | undefined => {
  const texts: string[] = [];
  const collect = (inner: Json): void => {
    if (typeof inner === 'string') texts.push(inner);
    else if (typeof inner === 'object' && inner !== null) {
      if (!Array.isArray(inner)) texts.push(...Object.keys(inner));
      for (const member of Object.values(inner)) collect(member);
    }
  };
  collect(value);
  if (texts.some((text) => text.includes('\u0000'))) return 'must not contain NUL';
  if (texts.some((text) => !text.isWellFormed())) return 'must be well-formed Unicode';
  if (JSON.stringify(value).length > MAX_METADATA)
    return `must not be longer than ${MAX_METADATA} characters of JSON`;
  return undefined;
};

export const url = v.pipe(
  line(2048),
  v.url('must be a URL'),
  v.regex(/^https?:/i, 'must be an http or https URL'),
);

const LABEL_NAME = 63;
const LABEL_VALUE = 256;

type Labels<Value> = Readonly<Record<string, Value>>;

const labelsOf = <Value extends string | null>(isValue: (value: Json) => value is Value, rule: string) =>
  v.pipe(
    v.custom<Labels<Value>>(isJsonObject, 'must be an object'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const entries: readonly [string, Json][] = Object.entries(dataset.value);
      if (entries.length > MAX_LABELS) addIssue({ message: `must not have more than ${MAX_LABELS} entries` });
      for (const [key, value] of entries) {
        const path: [v.IssuePathItem] = [
          { type: 'object', origin: 'value', input: dataset.value, key, value },
        ];
        if (!v.is(name(LABEL_NAME), key)) {
          addIssue({
            message: `must have a name of 1 to ${LABEL_NAME} characters, none of them control characters`,
            path,
          });
        }
        if (!isValue(value)) addIssue({ message: rule, path });
      }
    }),
  );
const isLabelValue = (value: Json): value is string => v.is(line(LABEL_VALUE), value);
const LABEL_RULE = `must be a string of at most ${LABEL_VALUE} characters, none of them control characters`;
const labelsSchema = (value: object) => ({
  type: 'object',
  maxProperties: MAX_LABELS,
  propertyNames: {
    minLength: 1,
    maxLength: LABEL_NAME,
    pattern: '^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$',
  },
  additionalProperties: value,
});
const LABEL_SCHEMA = { type: 'string', maxLength: LABEL_VALUE, pattern: NO_CONTROL.source };
export const labels = documented(labelsSchema(LABEL_SCHEMA), labelsOf(isLabelValue, LABEL_RULE));
export const labelPatch = documented(
  labelsSchema({ anyOf: [LABEL_SCHEMA, { type: 'null' }] }),
  labelsOf(
    (value): value is string | null => value === null || isLabelValue(value),
    `${LABEL_RULE}, or null`,
  ),
);

export const tidy = <const E extends v.ObjectEntries>(entries: E) =>
  v.pipe(
    object(entries),
    v.transform((value) => defined(value)),
  );

/** A merge patch of an object: each field may be left out, or null to remove it. */
export const patchOf = <const E extends v.ObjectEntries>(entries: E) =>
  // `nullable` maps the entries one by one, which the compiler does not follow.
  tidy(nullable(entries)) as v.GenericSchema<
    { [K in keyof E]?: v.InferInput<E[K]> | null },
    { [K in keyof E]?: Exclude<v.InferOutput<E[K]>, undefined> | null }
  >;

const nullable = (entries: v.ObjectEntries): v.ObjectEntries =>
  Object.fromEntries(
    Object.entries(entries).map(([key, schema]) => [
      key,
      // What an optional schema wraps is a schema.
      v.optional(v.nullable('wrapped' in schema ? (schema.wrapped as v.GenericSchema) : schema)),
    ]),
  );

export const wholeNumber = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}$/, 'must be a whole number'),
  v.transform(Number),
);

/** The page size, as text in the query. */
export const limit = (max: number, byDefault: number) =>
  v.optional(
    documented(
      { type: 'integer', minimum: 1, maximum: max, default: byDefault },
      v.pipe(
        v.string(),
        v.regex(/^\d{1,6}$/, `must be a whole number from 1 to ${max}`),
        v.transform(Number),
        v.minValue(1, `must be a whole number from 1 to ${max}`),
        v.maxValue(max, `must be a whole number from 1 to ${max}`),
      ),
    ),
    String(byDefault),
  );

const CURSOR_RULE = 'is not a cursor of this list, or an earlier release issued it; start again without it';
export const cursor = v.optional(
  v.pipe(
    v.string(),
    v.maxLength(12_288, CURSOR_RULE),
    v.regex(/^[A-Za-z0-9_-]+$/, CURSOR_RULE),
    v.description('The `next_cursor` of the previous page of the same list.'),
  ),
);

/** A time in the query: ISO 8601, or epoch milliseconds as digits. */
export const queryTime = (description: string) =>
  v.optional(
    documented(
      { description: `${description}: ISO 8601, or epoch milliseconds.`, type: 'string' },
      v.pipe(
        v.string(),
        v.transform((value) => (/^\d{1,15}$/.test(value) ? Number(value) : value)),
        time,
      ),
    ),
  );

// For answers: plain schemas, since they describe what is sent and check nothing.
export const text = v.string();
export const flag = v.boolean();
export const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
export const amount = v.pipe(v.number(), v.minValue(0));
/** ISO 8601 in UTC. */
export const moment = v.pipe(v.string(), v.isoTimestamp());
export const nextCursor = v.nullable(text);
