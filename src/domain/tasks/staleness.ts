import { MiyabiError } from '../errors.ts';
import { fromIso, toIso } from '../time.ts';
import { type HistoryPoint, progressOf } from './progress.ts';
import type { Cadence } from './run.ts';
import { hasEnded, pointOf, revived, type StoredTask, type TaskChange, withTimes } from './task.ts';

/** Every running task may be silent for this long, in milliseconds: creating a database takes minutes. */
const MIN_SILENCE_MS = 5 * 60_000;

/** If a task's usual gap between updates is unknown, it may be silent for this long. */
const UNKNOWN_SILENCE_MS = 15 * 60_000;

/** The longest permitted silence, however long the usual gap is. */
const MAX_SILENCE_MS = 6 * 3_600_000;

/** A multiple of its longest pause so far. */
const STALE_AFTER_GAPS = 4;

/** When there was last a sign of a task, in its log or in a client's report. Epoch milliseconds. */
export const lastSignOfLife = (task: StoredTask): number =>
  Math.max(
    fromIso(task.last_event_at ?? task.created_at),
    task.reported_at === undefined ? 0 : fromIso(task.reported_at),
  );

/**
 * How long a task may be silent before it counts as stale, in milliseconds: four times the longest pause in its
 * history, within bounds. `points` are those of its history, oldest first.
 */
const allowedSilence = (points: readonly HistoryPoint[]): number => {
  if (points.length < 3) return UNKNOWN_SILENCE_MS;
  let longest = 0;
  for (let index = 1; index < points.length; index += 1) {
    const pause = fromIso(points[index]?.timestamp ?? '') - fromIso(points[index - 1]?.timestamp ?? '');
    if (pause > longest) longest = pause;
  }
  return Math.min(MAX_SILENCE_MS, Math.max(MIN_SILENCE_MS, STALE_AFTER_GAPS * longest));
};

const cadenceMs = ({ every_seconds, grace_seconds }: Cadence): number =>
  (every_seconds + grace_seconds) * 1_000;

/** The least silence after which a running task can be stale, in milliseconds. */
export const leastSilence = ({ heartbeat }: StoredTask): number =>
  heartbeat === undefined ? MIN_SILENCE_MS : cadenceMs(heartbeat);

/**
 * Whether a running task has been silent for too long: longer than its heartbeat allows where it has one, else longer
 * than its usual gap between updates allows.
 */
export const isStale = (task: StoredTask, points: readonly HistoryPoint[], now: number): boolean =>
  task.status === 'running' &&
  now - lastSignOfLife(task) >
    (task.heartbeat === undefined ? allowedSilence(points) : cadenceMs(task.heartbeat));

/** A task with a heartbeat that is stale for this long is lost, in milliseconds. */
const LOST_AFTER_MS = 10 * 60_000;

/**
 * Whether the process of a task is lost. It must have been marked stale for a while: after an outage of the server itself
 * everything seems silent, and nothing must be lost because of that.
 */
export const isLost = (task: StoredTask, now: number): boolean =>
  task.status === 'running' &&
  task.stale &&
  task.heartbeat !== undefined &&
  now - lastSignOfLife(task) > cadenceMs(task.heartbeat) + LOST_AFTER_MS &&
  now - fromIso(task.updated_at) > LOST_AFTER_MS;

/** A task whose process is lost, as failed. Its last sign of life counts as its end. */
export const loseTask = (task: StoredTask, now: number): TaskChange => {
  const at = toIso(now);
  const last = lastSignOfLife(task);
  const why = `No sign of life since ${toIso(last)}; the process may have been killed, or its machine may be down`;
  const { progress_from: _from, eta_seconds: _eta, ...rest } = task;
  const next = withTimes(
    {
      ...rest,
      status: 'failed',
      progress: progressOf(task.progress, 'failed'),
      details: { ...task.details, outcome: 'lost', error_message: why },
      stale: false,
      version: task.version + 1,
      updated_at: at,
    },
    { at: last },
  );
  return { task: next, point: pointOf(next, at, why) };
};

/**
 * A task after a sign of life. One that seemed lost runs again.
 *
 * @throws MiyabiError `invalid_transition` where it has ended.
 */
export const beat = (task: StoredTask, now: number): TaskChange => {
  if (hasEnded(task)) {
    throw new MiyabiError('invalid_transition', `Task ${task.task_id} is ${task.status}; reopen it first`);
  }
  const alive = revived(task);
  const at = toIso(now);
  const next = withTimes(
    { ...alive, stale: false, last_event_at: at, version: task.version + 1, updated_at: at },
    { at: now },
  );
  return alive === task
    ? { task: next }
    : { task: next, point: pointOf(next, at, 'Reported again after it seemed lost') };
};

/** Whether the next start of a task, which is expected by its `expect`, is overdue and was not marked yet. */
export const isMissed = (task: StoredTask, now: number): boolean =>
  task.expect !== undefined && !task.stale && now - lastOccurrence(task) > cadenceMs(task.expect);

const lastOccurrence = ({ created_at, started_at, completed_at }: StoredTask): number =>
  Math.max(
    fromIso(created_at),
    ...[started_at, completed_at].flatMap((at) => (at === undefined ? [] : [fromIso(at)])),
  );
