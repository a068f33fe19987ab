import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { UnknownFields } from '../../domain/unknown-fields.ts';
import { DamagedRecord } from './record.ts';

/** A check of a field. */
export type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string';
export const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
export const isNumberOrNull: Check = (value) => value === null || isNumber(value);
export const isFlag: Check = (value) => typeof value === 'boolean';
export const isObject: Check = isJsonObject;
export const isTextObject: Check = (value) => isJsonObject(value) && Object.values(value).every(isText);
export const oneOf =
  (options: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && options.includes(value);
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
export const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** The fields of an object: required and optional ones, and nested objects with fields. */
export type Shape = Readonly<{
  required: Readonly<Record<string, Check>>;
  optional?: Readonly<Record<string, Check>>;
  inner?: Readonly<Record<string, Shape>>;
}>;

export const shapeCheck =
  (shape: Shape): Check =>
  (value) => {
    if (!isJsonObject(value)) return false;
    for (const name in shape.required) if (shape.required[name]?.(value[name]) !== true) return false;
    for (const name in shape.optional) {
      if (value[name] !== undefined && shape.optional[name]?.(value[name]) !== true) return false;
    }
    return true;
  };

/**
 * An object whose fields match the shape. Other fields were written by a newer Miyabi: they are collected as `unknown`,
 * to be written back.
 *
 * @throws DamagedRecord that names the field.
 */
export const shaped = (what: string, value: unknown, shape: Shape): JsonObject => {
  if (!isJsonObject(value)) throw new DamagedRecord(what, 'it is no object');
  const unknown: Record<string, Record<string, unknown>> = {};
  const result = known(what, '', value, shape, unknown);
  // Parts of a JSON object.
  return Object.keys(unknown).length === 0 ? result : { ...result, unknown: unknown as JsonObject };
};

const known = (
  what: string,
  path: string,
  value: JsonObject,
  shape: Shape,
  unknown: Record<string, Record<string, unknown>>,
): JsonObject => {
  let strangers: Record<string, unknown> | undefined;
  let nested: Record<string, JsonObject> | undefined;
  for (const name in shape.required) {
    if (shape.required[name]?.(value[name]) !== true)
      throw new DamagedRecord(what, `${path}${name} is wrong`);
  }
  for (const name of Object.keys(value)) {
    const inner = ownOf(shape.inner, name);
    const field = value[name];
    if (inner !== undefined) {
      if (!isJsonObject(field)) throw new DamagedRecord(what, `${path}${name} is wrong`);
      const read = known(what, name, field, inner, unknown);
      if (read !== field) {
        nested ??= {};
        nested[name] = read;
      }
      continue;
    }
    if (ownOf(shape.required, name) !== undefined) continue;
    const check = ownOf(shape.optional, name);
    if (check === undefined) {
      strangers ??= {};
      strangers[name] = field;
    } else if (!check(field)) throw new DamagedRecord(what, `${path}${name} is wrong`);
  }
  if (strangers === undefined && nested === undefined) return value;
  const kept = { ...value, ...nested };
  if (strangers !== undefined) {
    unknown[path] = strangers;
    for (const name in strangers) delete kept[name];
  }
  return kept;
};

const ownOf = <T>(fields: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;

/** The stored form: the fields, and those of a newer Miyabi where they were found. */
export const withUnknown = <T extends Readonly<{ unknown?: UnknownFields }>>(thing: T): object => {
  if (thing.unknown === undefined) return thing;
  const { unknown, ...fields } = thing;
  const { '': own = {}, ...inner } = unknown;
  const nested = Object.entries(inner).map(([name, added]) => {
    const field = (fields as Readonly<Record<string, unknown>>)[name];
    return [name, { ...added, ...(typeof field === 'object' ? field : {}) }] as const;
  });
  return { ...own, ...fields, ...Object.fromEntries(nested) };
};
