import { failureMessage } from '../../domain/logs/failure-context.ts';
import { toIso } from '../../domain/time.ts';
import type { Ended } from './child.ts';

/** How a run ended. `interrupted`: the user pressed Ctrl-C. `reason`: the command could not even be started. */
export type RunEnd = Ended & Readonly<{ at: number; interrupted: boolean; reason?: string }>;

/** The report that ends the task of a run, as it is sent; `timestamp` is ISO 8601. */
export type EndReport = Readonly<{
  status: EndStatus;
  timestamp: string;
  exit_code?: number;
  signal?: string;
  message?: string;
  error_message?: string;
}>;

type EndStatus = 'completed' | 'failed' | 'cancelled';

/** The exit code that shells give a command that Ctrl-C ended. */
const INTERRUPTED = 130;
const MAX_MESSAGE = 4_096;
/** How many lines of standard error are the reason if none of them looks like an error. */
const LAST_LINES = 3;

export const statusOfEnd = ({ code, signal, interrupted }: RunEnd): EndStatus => {
  if (code === 0) return 'completed';
  return signal === 'SIGINT' || code === INTERRUPTED || interrupted ? 'cancelled' : 'failed';
};

/** In words: `exit code 3`, `SIGKILL`. */
export const wordsOfEnd = ({ code, signal }: Ended): string => signal ?? `exit code ${code ?? 1}`;

/** `output` is the end of what the command printed, masked. */
export const endReport = (end: RunEnd, output: OutputTail): EndReport => {
  const status = statusOfEnd(end);
  const message = end.reason ?? (status === 'failed' ? output.cause(end.signal === null) : undefined);
  return {
    status,
    timestamp: toIso(end.at),
    ...(end.signal === null ? { exit_code: end.code ?? 1 } : { signal: end.signal }),
    ...(status === 'completed' ? {} : { message: `Ended with ${wordsOfEnd(end)}` }),
    ...(status === 'failed'
      ? { error_message: (message ?? `Ended with ${wordsOfEnd(end)}`).slice(0, MAX_MESSAGE).toWellFormed() }
      : {}),
  };
};

/** The end of what a command has printed. */
export type OutputTail = Readonly<{
  /** Lines with line feeds between them. */
  add(stream: 'stdout' | 'stderr', lines: string): void;
  /** The last line that looks like an error, else the last lines of standard error where those are wanted. */
  cause(orLastLines: boolean): string | undefined;
}>;

/** How much of each stream is kept, in UTF-16 code units. It is kept in pieces, since dropping one is cheap. */
const KEPT = 64 * 1024;

/** `merged`: on a terminal both streams come as standard output. */
export const outputTail = ({ merged }: Readonly<{ merged: boolean }>): OutputTail => {
  const kept: Record<'stdout' | 'stderr', { readonly pieces: string[]; length: number }> = {
    stdout: { pieces: [], length: 0 },
    stderr: { pieces: [], length: 0 },
  };
  const linesOf = (stream: 'stdout' | 'stderr') =>
    kept[stream].pieces
      .join('\n')
      .slice(-KEPT)
      .split('\n')
      .filter((line) => line.trim() !== '');
  return {
    add(stream, lines) {
      const tail = kept[stream];
      tail.pieces.push(lines);
      tail.length += lines.length;
      for (
        let first = tail.pieces[0];
        first !== undefined && tail.length - first.length > KEPT;
        first = tail.pieces[0]
      ) {
        tail.pieces.shift();
        tail.length -= first.length;
      }
    },
    cause(orLastLines) {
      const stderr = linesOf('stderr');
      const stdout = linesOf('stdout');
      const found = failureMessage(stderr) ?? failureMessage(stdout);
      if (found !== undefined || !orLastLines) return found;
      const last = (merged ? stdout : stderr).slice(-LAST_LINES).join('\n');
      return last === '' ? undefined : last;
    },
  };
};
