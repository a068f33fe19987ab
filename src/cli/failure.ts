import { type ErrorCode, isMiyabiError, MiyabiError } from '../domain/errors.ts';

/** The exit codes of `miyabi`. `miyabi run` ends as its command does; docs/cli.md has the list. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unavailable: 4,
  refused: 5,
  /** The watched task, or the one whose log was followed, failed or was cancelled. */
  taskFailed: 6,
  /** `miyabi run` could not run the command, with the exit codes of `env` and `timeout`. */
  cannotRun: 125,
  notExecutable: 126,
  commandNotFound: 127,
} as const;

/** A failure with the exit code of the program. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

const EXIT_OF: Partial<Record<ErrorCode, number>> = {
  not_found: EXIT.notFound,
  task_not_found: EXIT.notFound,
  project_not_found: EXIT.notFound,
  webhook_not_found: EXIT.notFound,
  key_not_found: EXIT.notFound,
  unavailable: EXIT.unavailable,
  configuration: EXIT.usage,
  invalid_input: EXIT.usage,
};

/**
 * One line on standard error that says what is wrong, and its exit code. Only unexpected errors, which are bugs, show
 * their stack.
 */
export const fail = (error: unknown): void => {
  process.stderr.write(`miyabi: ${textOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
};

const exitCodeOf = (error: unknown): number => {
  if (error instanceof CommandFailure) return error.exitCode;
  return isMiyabiError(error) ? (EXIT_OF[error.code] ?? EXIT.failed) : EXIT.failed;
};

const textOf = (error: unknown): string => {
  if (error instanceof CommandFailure || error instanceof MiyabiError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};
