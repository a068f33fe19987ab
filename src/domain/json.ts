/** A JSON value. Stored documents, metadata and log signals are made of it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether two values are the same JSON text, but for the order of members. A member that is undefined is absent. */
export const isSameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = new Map(membersOf(a));
  const right = new Map(membersOf(b));
  return left.size === right.size && [...left].every(([key, value]) => isSameJson(value, right.get(key)));
};

const membersOf = (value: object) => Object.entries(value).filter(([, inner]) => inner !== undefined);
