import { isTerminal } from '../../tasks/status.ts';
import { counterRuns } from './kit/counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

export type TurboSignal =
  | Readonly<{ kind: 'starts'; phase: string }>
  | Readonly<{ kind: 'tasks'; successful: number; total: number }>
  | Readonly<{ kind: 'failed'; tasks: readonly string[] }>
  | Readonly<{ kind: 'error' | 'command'; text: string }>;

/**
 * Turborepo. While it runs it prints the output of its tasks, so it is only known to be running; its closing line (`
 * Tasks:    3 successful, 5 total`) counts, and fewer successful tasks than tasks are a failure.
 */
export const turbo = counterRuns<TurboSignal, null>({
  name: 'turbo',
  stateVersion: 1,
  counts: 'done',
  hint: {
    contains: [' command ('],
    begins: [
      'Tasks:',
      'Failed:',
      'run failed',
      ...[1, 2, 3, 4].map((spaces) => `ERROR${' '.repeat(spaces)}run failed`),
    ],
  },
  taskType: 'build',
  memory: null,

  read: (line) => readLine(headOf(line)),

  begins: (last, { kind }) =>
    isTerminal(last.status) ? kind === 'starts' || kind === 'tasks' : kind === 'starts',

  apply(run, signal) {
    switch (signal.kind) {
      case 'starts':
        return { name: 'turbo', details: { phase: signal.phase } };
      case 'tasks': {
        const failed = signal.successful < signal.total;
        return {
          name: 'turbo',
          status: failed ? 'failed' : 'completed',
          current: signal.successful,
          total: signal.total,
          details: {
            outcome: failed ? 'failed' : 'completed',
            ...(failed && {
              error_message:
                run?.details.error_message ??
                `${signal.total - signal.successful} of ${signal.total} tasks not successful`,
            }),
          },
        };
      }
      case 'failed':
        return run && { details: { failed_resources: signal.tasks } };
      case 'command':
        return run && run.details.error_message === undefined
          ? { details: { error_message: signal.text } }
          : undefined;
      case 'error':
        // Beside the command that failed it says nothing new.
        return run && !isCommand(run.details.error_message ?? '')
          ? { details: { error_message: signal.text } }
          : undefined;
    }
  },
});

const isCommand = (text: string): boolean => /^(?:\S+: )?command \(/.test(text);

const TASK = /^@?[\w./-]{1,120}#[\w:-]{1,80}$/;

/** In all lines but the one that names the failed command. */
const BEGINNINGS = 'T•FEr';

const readLine = (text: string): TurboSignal | undefined => {
  const line = text.trim();
  if (!BEGINNINGS.includes(line[0] ?? ' ') && !line.includes(' command (')) return undefined;
  const [, successful, total] = /^Tasks: {1,8}(\d{1,7}) successful, (\d{1,7}) total$/.exec(line) ?? [];
  if (successful !== undefined) {
    const counts = { successful: Number(successful), total: Number(total) };
    return counts.successful > counts.total ? undefined : { kind: 'tasks', ...counts };
  }
  const [, phase] = /^• Running (.{1,120}) in \d{1,7} packages?$/.exec(line) ?? [];
  if (phase !== undefined) return { kind: 'starts', phase };
  const [, failed] = /^Failed: {1,8}(\S.*)$/.exec(line) ?? [];
  const tasks = failed?.split(', ');
  if (tasks?.every((task) => TASK.test(task))) return { kind: 'failed', tasks: tasks.slice(0, 20) };
  // A logger may have taken `ERROR` for a level on the way.
  const [, error] = /^(?:ERROR {1,4})?(run failed: .+)$/.exec(line) ?? [];
  if (error !== undefined) return { kind: 'error', text: cut(error, TEXT_LIMITS.error) };
  const [, task, command] =
    /^(?:ERROR {1,4})?(\S+:) {1,4}(?:ERROR {1,4})?(command \(.{1,300}\) .+ exited \(\d+\))$/.exec(line) ?? [];
  return task === undefined
    ? undefined
    : { kind: 'command', text: cut(`${task} ${command}`, TEXT_LIMITS.error) };
};
