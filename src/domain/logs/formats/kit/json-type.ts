import type { Json, JsonObject } from '../../../json.ts';
import { isJsonObject } from '../../../json.ts';
import type { Place } from '../../hint.ts';
import { wordStarts } from '../../word-starts.ts';
import { member } from './json-line.ts';

/** A JSON member whose value begins with one of these texts of at least four characters: `"type":"turn.started"`. */
export const jsonValue = (values: readonly string[]): Place => {
  const starts = wordStarts(values);
  return {
    characters: '"',
    holds: (text, colon) => starts.begins(text, colon + 2),
  };
};

export const textIn = (object: JsonObject, key: string): string | undefined => {
  const value = member(object, key);
  return typeof value === 'string' ? value : undefined;
};

export const objectIn = (object: JsonObject, key: string): JsonObject => {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
};

export const objectsIn = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter((each: Json) => isJsonObject(each)) : [];
