import type { Observation } from '../logs/format.ts';
import { fromIso, toIso } from '../time.ts';
import { percentageOf, progressOf } from './progress.ts';
import { hasEnded, isSignOfLife, placeOf, revived, type StoredTask, sameButVersion } from './task.ts';

/**
 * What the output of a run changes. `alone`: the run has the progress of the one thing that its output is about.
 * `apart`: there are several, each a sub-task of its own; `first` is the one that the run stood for until now.
 */
export type OutputPlan =
  | Readonly<{ kind: 'alone'; observation: Observation | undefined }>
  | Readonly<{ kind: 'apart'; first: Observation | undefined }>;

/** `seen` are the runs in the output so far, `removed` the keys of those that turned out to be part of others. */
export const outputPlan = (
  run: StoredTask,
  seen: readonly Observation[],
  removed: readonly string[],
): OutputPlan => {
  const known = run.output !== undefined && !removed.includes(run.output.key) ? run.output : undefined;
  const keys = new Set([...(known === undefined ? [] : [known.key]), ...seen.map(({ key }) => key)]);
  if (run.progress_from !== 'parts' && keys.size <= 1) return { kind: 'alone', observation: seen[0] };
  return {
    kind: 'apart',
    first: known !== undefined && !seen.some(({ key }) => key === known.key) ? known : undefined,
  };
};

/**
 * A run with the progress of the one thing that its output is about. Its status stays that of its command.
 * Undefined where nothing changes, or where the command has ended.
 */
export const applyOutput = (run: StoredTask, seen: Observation, now: number): StoredTask | undefined => {
  if (hasEnded(run)) return undefined;
  const { status } = revived(run);
  const next: StoredTask = {
    ...run,
    status,
    progress: progressOf(seen, status),
    details: { ...placeOf(run.details), ...seen.details },
    output: seen,
    stale: false,
    last_event_at: toIso(Math.max(seen.last_at, fromIso(run.last_event_at ?? run.created_at))),
  };
  if (sameButVersion(run, next) && !isSignOfLife(run, seen)) return undefined;
  return { ...next, version: run.version + 1, updated_at: toIso(now) };
};

/** A run whose progress is that of its parts from now on. Undefined where it is already. */
export const splitOutput = (run: StoredTask, now: number): StoredTask | undefined => {
  if (hasEnded(run) || (run.output === undefined && run.progress_from === 'parts')) return undefined;
  const { output: _output, ...rest } = run;
  return {
    ...rest,
    details: placeOf(run.details),
    progress_from: 'parts',
    version: run.version + 1,
    updated_at: toIso(now),
  };
};

/**
 * The cause that a part gives, with its name: the first that failed, else one that still ran and had found a cause. A
 * deployment that its tool gave up has not failed by its own account.
 */
export const causeIn = (parts: readonly StoredTask[]): string | undefined => {
  const failed = parts
    .filter(({ status }) => status === 'failed')
    .sort((a, b) => ((a.completed_at ?? '') < (b.completed_at ?? '') ? -1 : 1));
  const first = [...failed, ...parts].find(({ details }) => details.error_message !== undefined) ?? failed[0];
  if (first === undefined) return undefined;
  return `${first.task_name}: ${first.details.error_message ?? first.details.outcome ?? 'failed'}`;
};

/** What a point of an observation says of the run that it stands for: the process runs on. */
export const pointsOfRun = <P extends Readonly<{ current: number | null; total: number | null }>>(
  points: readonly P[],
): readonly (P & { status: 'running'; percentage: number | null })[] =>
  points.map((point) => ({ ...point, status: 'running', percentage: percentageOf(point, 'running') }));
