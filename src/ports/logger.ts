/** What an operator reads. Fields are plain data; secrets never belong in them. */
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

/** A second fence: fields of these names are never written, though none of them should be handed to a logger at all. */
export const SECRET_FIELDS = ['password', 'authorization', 'api_key', 'secret', 'token'] as const;
