import type { LogFields, Logger } from '../../ports/logger.ts';

export type LogEntry = Readonly<{
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields: LogFields;
}>;

/** Keeps what is logged, for tests to read. */
export const memoryLogger = (): Logger & { readonly entries: readonly LogEntry[] } => {
  const entries: LogEntry[] = [];
  const at =
    (level: LogEntry['level']) =>
    (message: string, fields: LogFields = {}) => {
      entries.push({ level, message, fields: { ...fields } });
    };
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};
