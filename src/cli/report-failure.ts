import { isMiyabiError } from '../domain/errors.ts';

/**
 * Ends a program that cannot continue: one line on standard error that says what is wrong, and exit code 1. Only
 * unexpected errors, which are bugs, show their stack.
 */
export const reportFailure = (program: string, error: unknown): void => {
  const text = isMiyabiError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`${program}: ${text}\n`);
  process.exitCode = 1;
};
