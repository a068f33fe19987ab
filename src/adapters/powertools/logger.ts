import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import { type LogFields, type Logger, type LogLevel, SECRET_FIELDS } from '../../ports/logger.ts';

const LEVELS = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  silent: 'SILENT',
} as const satisfies Record<LogLevel, string>;

/** JSON lines with the fields that Lambda's own log lines have, for CloudWatch Logs Insights. */
export const powertoolsLogger = ({
  level,
  service,
  invocation = () => ({}),
}: Readonly<{
  level: LogLevel;
  service: string;
  /** What identifies the invocation that is being handled; a Lambda handles one at a time. */
  invocation?: () => LogFields;
}>): Logger => {
  // Created with the first line: it opens its own console, and most processes that start log nothing.
  let made: Powertools | undefined;
  const log = (): Powertools => {
    made ??= new Powertools({
      serviceName: service,
      logLevel: LEVELS[level],
      jsonReplacerFn: (key: string, value: unknown) => (SECRETS.has(key) ? '[redacted]' : value),
    });
    return made;
  };
  return {
    debug(message, fields = {}) {
      log().debug(message, { ...invocation(), ...fields });
    },
    info(message, fields = {}) {
      log().info(message, { ...invocation(), ...fields });
    },
    warn(message, fields = {}) {
      log().warn(message, { ...invocation(), ...fields });
    },
    error(message, fields = {}) {
      log().error(message, { ...invocation(), ...fields });
    },
  };
};

const SECRETS: ReadonlySet<string> = new Set(SECRET_FIELDS);
