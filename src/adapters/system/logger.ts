import { type Logger as Pino, pino } from 'pino';
import { type LogFields, type Logger, type LogLevel, SECRET_FIELDS } from '../../ports/logger.ts';

/** JSON lines on standard error, so that standard output is free for a program's results. */
export const pinoLogger = ({ level, destination = pino.destination(2), context }: PinoOptions): Logger => {
  const log: Pino = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.errWithCause },
      redact: { paths: SECRETS, censor: '[redacted]' },
      ...(context === undefined ? {} : { mixin: () => ({ ...context() }) }),
    },
    destination,
  );
  return {
    debug(message, fields = {}) {
      log.debug(fields, message);
    },
    info(message, fields = {}) {
      log.info(fields, message);
    },
    warn(message, fields = {}) {
      log.warn(fields, message);
    },
    error(message, fields = {}) {
      log.error(fields, message);
    },
  };
};

export type PinoOptions = Readonly<{
  level: LogLevel;
  destination?: { write(text: string): void };
  /** Fields that every line gets, e.g. the trace that it belongs to. */
  context?: () => LogFields;
}>;

const SECRETS = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
