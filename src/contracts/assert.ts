import { AssertionError, deepStrictEqual, ok as holds, notStrictEqual, strictEqual } from 'node:assert';
import { type ErrorCode, isMiyabiError } from '../domain/errors.ts';

export const is = (actual: unknown, expected: unknown, message?: string): void =>
  strictEqual(actual, expected, message);

export const isNot = (actual: unknown, unexpected: unknown): void => notStrictEqual(actual, unexpected);

/** Equal in every part; fields that are undefined are not the same as fields that are missing. */
export const equal = (actual: unknown, expected: unknown, message?: string): void =>
  deepStrictEqual(actual, expected, message);

// A declaration: the compiler narrows types only by functions that say so by name.
export function ok(value: unknown, message?: string): asserts value {
  holds(value, message);
}

export const instance = (
  value: unknown,
  kind: abstract new (...input: never[]) => unknown,
  message?: string,
): void => ok(value instanceof kind, message ?? `expected an instance of ${kind.name}`);

export const match = (text: string, part: string): void =>
  ok(text.includes(part), `expected ${JSON.stringify(text)} to contain ${JSON.stringify(part)}`);

/** What a promise was rejected with, by an error of this code. */
export const rejects = async (promise: PromiseLike<unknown>, code: ErrorCode): Promise<Error> => {
  let error: unknown;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  if (isMiyabiError(error, code)) return error;
  const found = error === undefined ? 'no error' : error instanceof Error ? error.stack : String(error);
  throw new AssertionError({
    message: `expected a MiyabiError with code ${code}, got ${found}`,
    actual: error,
  });
};
