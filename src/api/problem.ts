import { STATUS_CODES } from 'node:http';
import { type ErrorCode, type FieldProblem, MiyabiError } from '../domain/errors.ts';
import type { Logger } from '../ports/logger.ts';
import type { HttpResponse } from './message.ts';

const STATUS_OF = {
  invalid_input: 400,
  unauthorized: 401,
  forbidden: 403,
  host_not_allowed: 403,
  origin_not_allowed: 403,
  not_found: 404,
  task_not_found: 404,
  project_not_found: 404,
  webhook_not_found: 404,
  key_not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  already_exists: 409,
  version_conflict: 409,
  invalid_transition: 409,
  project_not_empty: 409,
  limit_reached: 409,
  webhook_inactive: 409,
  idempotency_in_flight: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  rate_limited: 429,
  unavailable: 503,
  configuration: 500,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

/** Seconds after which a client may repeat a request that failed temporarily. */
const RETRY_AFTER_SECONDS = '1';

/** A problem document (RFC 9457): `code` is for programs, `error` as in the first design. */
export type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  error: string;
  detail: string;
  fields?: readonly FieldProblem[];
}>;

/** An error as a problem document. Internal errors are reported without details. */
export const problemBody = (error: MiyabiError): Problem => {
  const status = STATUS_OF[error.code];
  const text =
    status === 500
      ? 'Internal Server Error'
      : status === 503
        ? 'A backend is not available; try again'
        : error.message;
  return {
    type: `urn:miyabi:problem:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: error.code,
    error: text,
    detail: text,
    ...(error.fields.length === 0 || status >= 500 ? {} : { fields: error.fields }),
  };
};

/** An error as an answer. Internal errors are logged. */
export const problemOf = (
  error: unknown,
  logger: Pick<Logger, 'error'>,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => {
  const known =
    error instanceof MiyabiError
      ? error
      : new MiyabiError('internal', 'Internal Server Error', { cause: error });
  const problem = problemBody(known);
  if (problem.status >= 500) logger.error('Request failed', { code: known.code, error });
  return {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...HEADERS_OF[known.code],
      ...headers,
    },
    body: JSON.stringify(problem),
  };
};

const RETRY = { 'retry-after': RETRY_AFTER_SECONDS };
const HEADERS_OF: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  unauthorized: { 'www-authenticate': 'Bearer realm="miyabi"' },
  idempotency_in_flight: RETRY,
  unavailable: RETRY,
};
