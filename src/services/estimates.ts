import { LRUCache } from 'lru-cache';
import { isMiyabiError } from '../domain/errors.ts';
import { fingerprint } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { etaOf, type PastDurations, rateStartOf, withDuration } from '../domain/tasks/eta.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';

export type Estimates = Readonly<{
  /**
   * The task with its `eta_seconds`, if there is a basis for one; `points` are the new points of its history. It never
   * fails a write: without a basis there is no ETA.
   */
  estimated(task: StoredTask, points: readonly HistoryPoint[]): Promise<StoredTask>;
  /** Records how long a task took that has just completed. It never fails a write. */
  learn(task: StoredTask): Promise<void>;
}>;

/** How long durations are reused after they were read, in milliseconds: they change once in a run. */
const FRESH_MS = 60_000;
const MAX_KNOWN = 1_000;

type Known = Readonly<{ past: PastDurations; version: number; at: number }>;

export const estimates = ({
  checkpoints,
  clock,
  logger,
  retryOnConflict,
}: Pick<Ports, 'checkpoints' | 'clock' | 'logger'> &
  Readonly<{ retryOnConflict: RetryOnConflict }>): Estimates => {
  const known = new LRUCache<string, Known>({ max: MAX_KNOWN });

  const remember = (name: string, past: PastDurations, version: number): Known => {
    const entry = { past, version, at: clock.now() };
    known.set(name, entry);
    return entry;
  };

  const read = async (task: StoredTask): Promise<Known> => {
    const kept = await checkpoints.read(keyOf(task));
    return remember(nameOf(task), durationsFromJson(kept?.value), kept?.version ?? 0);
  };

  const fresh = (name: string): Known | undefined => {
    const entry = known.get(name);
    return entry !== undefined && clock.now() - entry.at < FRESH_MS ? entry : undefined;
  };

  return {
    async estimated(task, points) {
      const { eta_seconds: _eta, rateFrom: known, ...unmeasured } = task;
      if (task.status !== 'running') return unmeasured;
      const rateFrom = rateStartOf(known, points);
      const plain = rateFrom === undefined ? unmeasured : { ...unmeasured, rateFrom };
      try {
        const { past } = fresh(nameOf(task)) ?? (await read(task));
        const eta = etaOf(plain, past, clock.now());
        return eta === undefined ? plain : { ...plain, eta_seconds: eta };
      } catch (error) {
        logger.warn('No estimate: earlier durations could not be read', { task_id: task.task_id, error });
        return plain;
      }
    },

    async learn(task) {
      if (withDuration([], task).length === 0) return;
      const name = nameOf(task);
      let cached = fresh(name);
      try {
        await retryOnConflict(async () => {
          const { past, version } = cached ?? (await read(task));
          cached = undefined;
          const next = withDuration(past, task);
          const write = async () => {
            await checkpoints.write(keyOf(task), next, version);
            remember(name, next, version + 1);
          };
          return { result: undefined, write };
        });
      } catch (error) {
        if (!isMiyabiError(error)) throw error;
        logger.warn('A duration could not be remembered', { task_id: task.task_id, error });
      }
    },
  };
};

/** Runs of the same name in the same project are comparable. In memory that is cheaper than its hash. */
const nameOf = ({ project_id, task_name, task_type }: StoredTask): string =>
  `${project_id} ${task_type} ${task_name}`;

const keyOf = ({ project_id, task_name, task_type }: StoredTask): string =>
  `durations#${fingerprint(project_id, task_type, task_name)}`;

const durationsFromJson = (json: Json | undefined): PastDurations =>
  Array.isArray(json) ? json.filter((value) => typeof value === 'number') : [];
