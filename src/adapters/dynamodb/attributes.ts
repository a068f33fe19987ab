import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { MiyabiError } from '../../domain/errors.ts';

/** An item as DynamoDB keeps it. */
export type Item = Record<string, AttributeValue>;

/** Half of a surrogate pair, as cut text may end in, is no text to DynamoDB. */
export const text = (value: string): AttributeValue => ({ S: value.replace(/\p{Surrogate}/gu, '\ufffd') });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const flag = (value: boolean): AttributeValue => ({ BOOL: value });
export const maybeNumber = (value: number | null): AttributeValue =>
  value === null ? { NULL: true } : number(value);
/** What a client may fill freely: DynamoDB's own maps lose keys, numbers and depth that JSON has. */
export const json = (value: unknown): AttributeValue => ({ S: JSON.stringify(value) });

/** Attributes of those values that are there. */
export const present = <T>(
  values: Readonly<Record<string, T | undefined>>,
  encode: (value: T) => AttributeValue,
): Item => {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) item[name] = encode(value);
  return item;
};

/** Reads the attributes of an item, or of a map in it. Each method throws where the attribute is not what it says. */
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
  has(name: string): boolean;
  /** Of these attributes, those that are there. */
  present<K extends string, T>(read: (name: string) => T, ...names: readonly K[]): { [P in K]?: T };
  broken(name: string, reason: string): MiyabiError;
}>;

/** `what` names the item in errors. */
export const reader = (what: string, item: Item, path = ''): Reader => {
  const broken = (name: string, reason: string) =>
    new MiyabiError('internal', `${what} is damaged in the store: ${path}${name} ${reason}`);
  const there = <T>(name: string, value: T | undefined, kind: string): T => {
    if (value === undefined) throw broken(name, item[name] === undefined ? 'is missing' : `is no ${kind}`);
    return value;
  };
  const text = (name: string) => there(name, item[name]?.S, 'text');
  const number = (name: string) => {
    const value = Number(there(name, item[name]?.N, 'number'));
    if (!Number.isFinite(value)) throw broken(name, 'is no number');
    return value;
  };
  return {
    text,
    number,
    maybeNumber: (name) => (item[name]?.NULL === true ? null : number(name)),
    flag: (name) => there(name, item[name]?.BOOL, 'boolean'),
    bytes: (name) => there(name, item[name]?.B, 'binary'),
    texts: (name) => there(name, item[name]?.L, 'list').map((entry) => there(name, entry.S, 'list of texts')),
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
    map: (name) => reader(what, there(name, item[name]?.M, 'map'), `${path}${name}.`),
    has: (name) => item[name] !== undefined,
    present: (read, ...names) =>
      Object.fromEntries(
        names.filter((name) => item[name] !== undefined).map((name) => [name, read(name)]),
      ) as {
        [P in (typeof names)[number]]?: ReturnType<typeof read>;
      },
    broken,
  };
};
