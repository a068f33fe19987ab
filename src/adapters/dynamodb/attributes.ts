import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { MiyabiError } from '../../domain/errors.ts';
import type { UnknownFields } from '../../domain/unknown-fields.ts';

/** An item as DynamoDB keeps it. */
export type Item = Record<string, AttributeValue>;

/** Half of a surrogate pair, as cut text may end in, is not valid text for DynamoDB. */
export const text = (value: string): AttributeValue => ({ S: value.replace(/\p{Surrogate}/gu, '\ufffd') });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const flag = (value: boolean): AttributeValue => ({ BOOL: value });
export const maybeNumber = (value: number | null): AttributeValue =>
  value === null ? { NULL: true } : number(value);
/** Client data as JSON text: DynamoDB's own maps lose keys, numbers and depth that JSON allows. */
export const json = (value: unknown): AttributeValue => ({ S: JSON.stringify(value) });

/** Attributes for those values that are present. */
export const present = <T>(
  values: Readonly<Record<string, T | undefined>>,
  encode: (value: T) => AttributeValue,
): Item => {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) item[name] = encode(value);
  return item;
};

/** Reads the attributes of an item, or of a map in it. Each method throws if the attribute has another type. */
export type Reader = Readonly<{
  text(name: string): string;
  number(name: string): number;
  maybeNumber(name: string): number | null;
  flag(name: string): boolean;
  bytes(name: string): Uint8Array;
  texts(name: string): readonly string[];
  json(name: string): unknown;
  oneOf<T extends string>(name: string, options: readonly T[]): T;
  map(name: string): Reader;
  /** The maps in a list. */
  maps(name: string): readonly Reader[];
  has(name: string): boolean;
  /** Those of these attributes that are present. */
  present<K extends string, T>(read: (name: string) => T, ...names: readonly K[]): { [P in K]?: T };
  broken(name: string, reason: string): MiyabiError;
  /**
   * The attributes that nothing has read so far, here and in the maps that were read: another version has stored them.
   * `ours` are attributes that this version writes but never reads, or that an earlier one wrote.
   */
  unread(ours: readonly string[]): Readonly<{ unknown?: UnknownFields }>;
}>;

/** `what` names the item in errors. */
export const reader = (what: string, item: Item, path = ''): Reader => {
  const broken = (name: string, reason: string) =>
    new MiyabiError('internal', `${what} is damaged in the store: ${path}${name} ${reason}`);
  const seen = new Set<string>();
  const inner = new Map<string, Reader>();
  const attribute = (name: string): AttributeValue | undefined => {
    seen.add(name);
    return item[name];
  };
  const there = <T>(name: string, value: T | undefined, kind: string): T => {
    if (value === undefined) throw broken(name, item[name] === undefined ? 'is missing' : `is no ${kind}`);
    return value;
  };
  const text = (name: string) => there(name, attribute(name)?.S, 'text');
  const number = (name: string) => {
    const value = Number(there(name, attribute(name)?.N, 'number'));
    if (!Number.isFinite(value)) throw broken(name, 'is no number');
    return value;
  };
  return {
    text,
    number,
    maybeNumber: (name) => (attribute(name)?.NULL === true ? null : number(name)),
    flag: (name) => there(name, attribute(name)?.BOOL, 'boolean'),
    bytes: (name) => there(name, attribute(name)?.B, 'binary'),
    texts: (name) =>
      there(name, attribute(name)?.L, 'list').map((entry) => there(name, entry.S, 'list of texts')),
    json: (name) => {
      const source = text(name);
      try {
        return JSON.parse(source);
      } catch {
        throw broken(name, 'is no JSON');
      }
    },
    oneOf: (name, options) => {
      const value = text(name);
      return there(
        name,
        options.find((option) => option === value),
        `one of ${options.join(', ')}`,
      );
    },
    map: (name) => {
      const read = reader(what, there(name, attribute(name)?.M, 'map'), `${path}${name}.`);
      inner.set(name, read);
      return read;
    },
    maps: (name) =>
      there(name, attribute(name)?.L, 'list').map((entry) =>
        reader(what, there(name, entry.M, 'list of maps'), `${path}${name}.`),
      ),
    has: (name) => attribute(name) !== undefined,
    // `Object.fromEntries` forgets the names of the keys.
    present: (read, ...names) =>
      Object.fromEntries(
        names.filter((name) => item[name] !== undefined).map((name) => [name, read(name)]),
      ) as {
        [P in (typeof names)[number]]?: ReturnType<typeof read>;
      },
    broken,
    unread: (ours) => {
      const found: Record<string, Readonly<Record<string, unknown>>> = {};
      const own = Object.entries(item).filter(([name]) => !seen.has(name) && !ours.includes(name));
      if (own.length > 0) found[''] = Object.fromEntries(own);
      for (const [name, read] of inner) {
        const { unknown } = read.unread([]);
        if (unknown?.[''] !== undefined) found[name] = unknown[''];
      }
      return Object.keys(found).length === 0 ? {} : { unknown: found };
    },
  };
};

/** An item with the attributes that another version has stored in it. If a map was removed, so are those in it. */
export const withUnknown = (item: Item, unknown: UnknownFields | undefined): Item => {
  if (unknown === undefined) return item;
  const { '': own = {}, ...inner } = unknown;
  const whole: Item = { ...attributesIn(own), ...item };
  for (const [name, added] of Object.entries(inner)) {
    const map = whole[name]?.M;
    if (map !== undefined) whole[name] = { M: { ...attributesIn(added), ...map } };
  }
  return whole;
};

const attributesIn = (fields: Readonly<Record<string, unknown>>): Item => {
  const item: Item = {};
  for (const [name, value] of Object.entries(fields)) if (isAttribute(value)) item[name] = value;
  return item;
};

const isAttribute = (value: unknown): value is AttributeValue =>
  typeof value === 'object' &&
  value !== null &&
  ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL'].some((type) => Object.hasOwn(value, type));

/**
 * The version of the item format. It goes up only if older versions could no longer read items; a new attribute does
 * not require that. The first release wrote none: items without it have version 1.
 */
const SCHEMA = 1;

/** In every item. */
export const schema: Item = { schema: number(SCHEMA) };

/**
 * A reader of a whole item.
 *
 * @throws MiyabiError `internal` that names the item where a newer version has written it in another format.
 */
export const itemReader = (what: string, item: Item): Reader => {
  const read = reader(what, item);
  const version = read.has('schema') ? read.number('schema') : SCHEMA;
  if (version > SCHEMA) {
    throw new MiyabiError(
      'internal',
      `${what} was stored by a newer Miyabi, as version ${version} of its schema; this one reads version ${SCHEMA}: update it`,
    );
  }
  return read;
};
