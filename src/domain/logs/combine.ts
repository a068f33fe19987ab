import { partialFailure } from '../tasks/progress.ts';
import type { TaskStatus } from '../tasks/status.ts';
import { isTerminal } from '../tasks/status.ts';
import type { Observation } from './format.ts';

/** A run, and whether the task itself reported it. */
export type CombinedRun = Readonly<{ run: Observation; isReport: boolean }>;

/**
 * Several runs shown as one task, e.g. three stacks deployed in a stream that is named after its task. The task's own
 * report outranks the output of the tools that it ran, and its last message counts. Counters of tools add up if all of
 * them are known; texts are those of the latest run.
 */
export const combineRuns = (combined: readonly CombinedRun[]): Observation | undefined => {
  const own = newestOf(combined.flatMap(({ run, isReport }) => (isReport ? [run] : [])));
  // What tools did before the task began again belongs to its attempt before.
  const since = own?.retries === undefined ? Number.NEGATIVE_INFINITY : own.started_at;
  const runs = combined.map(({ run }) => run).filter(({ last_at }) => last_at >= since);
  const shown = own === undefined ? runs : [own];
  const last = own ?? newestOf(runs);
  if (last === undefined || runs.length === 1) return last;
  const status = combinedStatus(shown.map((run) => run.status));
  const failed = [...new Set(runs.flatMap(({ details }) => details.failed_resources ?? []))];
  const ended = isTerminal(status) ? Math.max(...shown.map((run) => run.ended_at ?? run.last_at)) : undefined;
  const { ended_at: _ended, failed: _failed, skipped: _skipped, ...rest } = last;
  return {
    ...rest,
    task_name: shown.length > 1 ? '' : last.task_name,
    status,
    current: sumOf(shown.map(({ current }) => current)),
    total: sumOf(shown.map(({ total }) => total)),
    ...partialFailure({
      failed: sumOfKnown(shown.map(({ failed }) => failed)),
      skipped: sumOfKnown(shown.map(({ skipped }) => skipped)),
    }),
    details: { ...last.details, ...(failed.length === 0 ? {} : { failed_resources: failed }) },
    started_at: Math.min(...runs.map(({ started_at }) => started_at)),
    last_at: Math.max(...runs.map(({ last_at }) => last_at)),
    ...(ended === undefined ? {} : { ended_at: ended }),
  };
};

const newestOf = (runs: readonly Observation[]): Observation | undefined =>
  runs.reduce<Observation | undefined>(
    (newest, run) => (newest === undefined || run.last_at >= newest.last_at ? run : newest),
    undefined,
  );

const combinedStatus = (statuses: readonly TaskStatus[]): TaskStatus => {
  for (const status of ['running', 'blocked'] as const) if (statuses.includes(status)) return status;
  if (statuses.includes('pending')) return statuses.some(isTerminal) ? 'running' : 'pending';
  for (const status of ['failed', 'cancelled'] as const) if (statuses.includes(status)) return status;
  return 'completed';
};

const sumOf = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count));

/** What did not fail at all need not say so: the known counts add up, undefined where there is none. */
const sumOfKnown = (counts: readonly (number | undefined)[]): number | undefined =>
  counts.reduce((sum, count) => (count === undefined ? sum : (sum ?? 0) + count), undefined);
