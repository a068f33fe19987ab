import { isUtf8 } from 'node:buffer';
import * as v from 'valibot';
import { invalidField, MiyabiError } from '../domain/errors.ts';
import { type HttpRequest, MAX_BODY_BYTES } from './message.ts';
import type { Body } from './route.ts';

/**
 * The deepest nesting of arrays and objects that is accepted. Deeper JSON parses, but overflows the stack of later
 * steps.
 */
const MAX_JSON_DEPTH = 32;

/** The body of a request as its route describes it. @throws MiyabiError as `validate`, `payload_too_large`, `unsupported_media_type` */
export const readBody = <Out>(
  request: HttpRequest,
  { types, schema, isOptional = false, anyBytes = false }: Body<unknown, Out>,
): unknown => {
  if (schema === undefined) {
    requireType(request, types);
    const bytes = request.bytes ?? Buffer.from(request.body ?? '');
    requireSize(bytes.length);
    return bytes;
  }
  const isLeftOut = isOptional && (request.body ?? '').trim() === '';
  return validate(schema, isLeftOut ? {} : readJson(request, types, anyBytes));
};

/**
 * The JSON of a request body, after its type, size, encoding, depth and keys were checked. `anyBytes` also accepts
 * invalid UTF-8: a log may contain anything, and one line of it must not stop the others.
 */
const readJson = (request: HttpRequest, types: readonly string[], anyBytes: boolean): unknown => {
  const text = request.body ?? '';
  if (text !== '' || request.headers['content-type'] !== undefined) requireType(request, types);
  requireSize(Buffer.byteLength(text));
  if (text.trim() === '') throw new MiyabiError('invalid_input', 'The body is empty; send a JSON object');
  // Invalid bytes have become this character when read as UTF-8, so data would be lost.
  if (!anyBytes && text.includes('\ufffd') && request.bytes !== undefined && !isUtf8(request.bytes)) {
    throw new MiyabiError('invalid_input', 'The body is not valid UTF-8');
  }
  const mayOverflow = inspectTokens(text);
  try {
    return mayOverflow || mayNamePrototype(text) ? JSON.parse(text, refuseUnsafe) : JSON.parse(text);
  } catch (error) {
    if (error instanceof MiyabiError) throw error;
    throw new MiyabiError('invalid_input', `The body is not valid JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

const requireSize = (bytes: number): void => {
  if (bytes > MAX_BODY_BYTES) {
    throw new MiyabiError(
      'payload_too_large',
      `The body must not exceed ${MAX_BODY_BYTES} bytes; send it in parts`,
    );
  }
};

const requireType = ({ headers }: HttpRequest, types: readonly string[]): void => {
  const type = headers['content-type'];
  const [name = '', ...parameters] = (type ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (!types.includes(name) || !['utf-8', 'utf8', '"utf-8"', undefined].includes(charset)) {
    throw new MiyabiError(
      'unsupported_media_type',
      `Content-Type must be ${types.join(' or ')} in UTF-8${type === undefined ? '; it is missing' : `, not ${type.slice(0, 100)}`}`,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new MiyabiError(
      'unsupported_media_type',
      'Content-Encoding must be left out: send the body as it is',
    );
  }
};

/** Scans what is outside of strings: refuses deep nesting, and returns whether a number may be too large for a double. */
const inspectTokens = (text: string): boolean => {
  let depth = 0;
  let digits = 0;
  let mayOverflow = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) {
      index = endOfString(text, index);
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH)
        throw new MiyabiError('invalid_input', `The body is nested deeper than ${MAX_JSON_DEPTH} levels`);
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth -= 1;
    else if (isDigit(unit)) {
      digits += 1;
      mayOverflow ||= digits > MAX_DIGITS;
      continue;
    } else if (unit === SMALL_E || unit === LARGE_E) {
      const next = text.charCodeAt(index + 1);
      mayOverflow ||= next === PLUS || isDigit(next);
    }
    digits = 0;
  }
  return mayOverflow;
};

/** The largest double has 309 digits. */
const MAX_DIGITS = 300;
const isDigit = (unit: number): boolean => unit >= ZERO && unit <= NINE;

/** Where the string that begins here ends: at the next quote behind an even number of backslashes. */
const endOfString = (text: string, start: number): number => {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
};

const QUOTE = 34;
const PLUS = 43;
const ZERO = 48;
const NINE = 57;
const LARGE_E = 69;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const SMALL_E = 101;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Whether there may be a `__proto__`, escaped or not. Looking at every value takes several times as long as parsing. */
const mayNamePrototype = (text: string): boolean =>
  text.includes('__proto__') || (text.includes('\\u00') && /\\u00[5-7]/.test(text));

const refuseUnsafe = (key: string, value: unknown): unknown => {
  if (key === '__proto__') throw invalidField('__proto__', 'is not allowed as a field name');
  // `1e400` parses as Infinity, which would be returned as null.
  if (value === Infinity || value === -Infinity) throw invalidField(key, 'is too large a number');
  return value;
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : 'unreadable';

/**
 * An input, checked by its schema.
 *
 * @throws MiyabiError `invalid_input` that names every wrong field and the reason.
 */
export const validate = <S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> => {
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  const fields = result.issues.slice(0, MAX_PROBLEMS).map((issue) => ({
    path: v.getDotPath(issue) ?? 'body',
    reason: reasonOf(issue),
  }));
  throw new MiyabiError('invalid_input', fields.map(({ path, reason }) => `${path} ${reason}`).join('; '), {
    fields,
  });
};

const MAX_PROBLEMS = 20;

const reasonOf = (issue: v.BaseIssue<unknown>): string => {
  if (issue.type === 'strict_object') {
    if (issue.expected === 'never') return 'is not a known field';
    if (issue.received === 'undefined') return 'is missing';
    return `must be ${describe(issue.expected)}`;
  }
  if (issue.kind === 'schema' && issue.message.startsWith('Invalid ')) {
    return `must be ${describe(issue.expected)}, not ${issue.received.slice(0, 100)}`;
  }
  return issue.message;
};

const describe = (expected: string | null): string =>
  (expected ?? 'something else').replaceAll('"', '').toLowerCase();
