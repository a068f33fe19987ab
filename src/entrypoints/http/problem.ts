import { STATUS_CODES } from 'node:http';
import { type ErrorCode, MiyabiError } from '../../domain/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { HttpResponse } from './message.ts';

const STATUS_OF = {
  invalid_input: 400,
  not_found: 404,
  task_not_found: 404,
  project_not_found: 404,
  already_exists: 409,
  version_conflict: 409,
  invalid_transition: 409,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  payload_too_large: 413,
  unavailable: 503,
  configuration: 500,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

/** Seconds after which a client may try again when a backend is away. */
const RETRY_AFTER_SECONDS = '1';

/**
 * An error as an RFC 9457 problem document, with `code` for programs, `error` as the first design had it, and the
 * offending `fields`. What is our own fault is logged and told without its inside.
 */
export const problemOf = (
  error: unknown,
  logger: Logger,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => {
  const known =
    error instanceof MiyabiError
      ? error
      : new MiyabiError('internal', 'Internal Server Error', { cause: error });
  const status = STATUS_OF[known.code];
  if (status >= 500) logger.error('Request failed', { code: known.code, error });
  const told =
    status === 500
      ? 'Internal Server Error'
      : status === 503
        ? 'A backend is not available; try again'
        : known.message;
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...(status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
      ...headers,
    },
    body: JSON.stringify({
      type: `urn:miyabi:problem:${known.code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code: known.code,
      error: told,
      detail: told,
      ...(known.fields.length === 0 || status >= 500 ? {} : { fields: known.fields }),
    }),
  };
};
