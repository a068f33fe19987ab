import { isMiyabiError } from '../domain/errors.ts';

/**
 * How a program ends that cannot go on: one line on standard error that says what is wrong, and exit code 1. Only
 * what nobody foresaw shows its stack, because then it is for us to mend.
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
