/** Every error that Miyabi reports. Entrypoints translate a code; nothing else in an error is for machines. */
export type ErrorCode =
  | 'invalid_input'
  | 'not_found'
  | 'task_not_found'
  | 'project_not_found'
  | 'webhook_not_found'
  | 'key_not_found'
  | 'already_exists'
  | 'version_conflict'
  | 'precondition_failed'
  | 'project_not_empty'
  | 'limit_reached'
  | 'webhook_inactive'
  | 'idempotency_mismatch'
  | 'idempotency_in_flight'
  | 'unauthorized'
  | 'forbidden'
  | 'host_not_allowed'
  | 'origin_not_allowed'
  | 'rate_limited'
  | 'not_acceptable'
  | 'invalid_transition'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'payload_too_large'
  | 'unavailable'
  | 'configuration'
  | 'internal';

/** What is wrong with one field of an input. `path` is dotted, e.g. `progress.total`. */
export type FieldProblem = Readonly<{ path: string; reason: string }>;

/** Adapters from outside may bring a copy of this module: their errors count too. */
const BRAND: unique symbol = Symbol.for('miyabi-progress.error');

export class MiyabiError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  get [BRAND](): true {
    return true;
  }

  readonly code: ErrorCode;
  readonly fields: readonly FieldProblem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { fields?: readonly FieldProblem[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MiyabiError';
    this.code = code;
    this.fields = options.fields ?? [];
  }
}

export const isMiyabiError = (error: unknown, ...codes: readonly ErrorCode[]): error is MiyabiError =>
  error instanceof MiyabiError && (codes.length === 0 || codes.includes(error.code));

export const invalidField = (path: string, reason: string): MiyabiError =>
  new MiyabiError('invalid_input', `${path} ${reason}`, { fields: [{ path, reason }] });

export const versionConflict = (kind: string, id: string, cause?: unknown): MiyabiError =>
  new MiyabiError('version_conflict', `${kind} ${id} was changed by someone else meanwhile`, { cause });

/** The codes of failures; the others are answers, such as a version conflict. */
const FAILURES: readonly ErrorCode[] = ['unavailable', 'internal', 'configuration'];

/** What a trace reports about an error: its code or name, and whether it is a failure rather than an answer. */
export const errorKind = (error: unknown): Readonly<{ type: string; isFault: boolean }> =>
  isMiyabiError(error)
    ? { type: error.code, isFault: FAILURES.includes(error.code) }
    : { type: error instanceof Error ? error.name : typeof error, isFault: true };

/** A backend that cannot answer now. Not the same as "not found". */
export const unavailable = (what: string, cause: unknown): MiyabiError =>
  new MiyabiError('unavailable', `${what} is not available`, { cause });
