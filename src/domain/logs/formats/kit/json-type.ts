import type { Json, JsonObject } from '../../../json.ts';
import { isJsonObject } from '../../../json.ts';
import type { Place } from '../../hint.ts';
import { wordStarts } from '../../word-starts.ts';
import { member } from './json-line.ts';

const SPACE = 0x20;
const QUOTE = 0x22;

/** A JSON member whose value begins with one of these texts of at least four characters: `"type":"turn.started"`. */
export const jsonValue = (values: readonly string[]): Place => {
  const starts = wordStarts(values);
  return {
    characters: '" ',
    holds(text, colon) {
      const at = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1;
      if (text.charCodeAt(at) !== QUOTE || !starts.mayBegin(text, at + 1)) return false;
      return values.some((value) => text.startsWith(value, at + 1));
    },
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
