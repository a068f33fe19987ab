import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';

/** Deeper JSON is refused before it is parsed: `JSON.parse` accepts it, but writing it again overflows the stack. */
export const MAX_JSON_DEPTH = 32;

/** Longer lines are not progress reports, and not worth parsing. */
export const MAX_JSON_LENGTH = 65_536;

/** The object that makes up a whole text, undefined if there is none, or it is too long or too deep. */
export const parseObject = (text: string): JsonObject | undefined => {
  if (text.length > MAX_JSON_LENGTH) return undefined;
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}') || isTooDeep(trimmed)) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** An own member of an object, so that `constructor` or `__proto__` is never taken for one. */
export const member = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** The first of several members that is present and not null. */
export const firstMember = (object: JsonObject, keys: readonly string[]): Json | undefined => {
  for (const key of keys) {
    const value = member(object, key);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
};

const isTooDeep = (text: string): boolean => {
  if (!opensOftenEnough(text)) return false;
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text[index];
    if (quoted) {
      if (unit === '\\') index += 1;
      else if (unit === '"') quoted = false;
    } else if (unit === '"') quoted = true;
    else if (unit === '{' || unit === '[') {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return true;
    } else if (unit === '}' || unit === ']') depth -= 1;
  }
  return false;
};

/** Whether there are brackets enough to be too deep, which few lines have; searching for them is quick. */
const opensOftenEnough = (text: string): boolean => {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > MAX_JSON_DEPTH) return true;
    }
  }
  return false;
};
