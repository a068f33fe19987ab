/** Log fields for an operator: plain data, never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging. An `error` field may hold an Error; its cause chain is written too. None of these throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A second line of defence: fields of these names are never written, even if one reaches a logger. */
export const SECRET_FIELDS = ['password', 'authorization', 'api_key', 'secret', 'token'] as const;
