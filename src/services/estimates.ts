import { isMiyabiError } from '../domain/errors.ts';
import { fingerprint } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { etaOf, type PastDurations, withDuration } from '../domain/tasks/eta.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import { retryOnConflict } from './retry-on-conflict.ts';

export type Estimates = Readonly<{
  /** The task with its `eta_seconds`, where there is ground for one. It never fails a write: without ground, no ETA. */
  estimated(task: StoredTask): Promise<StoredTask>;
  /** Remembers how long a task took that has just completed. */
  learn(task: StoredTask): Promise<void>;
}>;

/** Durations that were read are believed for this long, in milliseconds: they change once in a run. */
const FRESH_MS = 60_000;
const MAX_KNOWN = 5_000;

export const estimates = ({
  checkpoints,
  clock,
  logger,
}: Pick<Ports, 'checkpoints' | 'clock' | 'logger'>): Estimates => {
  const known = new Map<string, { past: PastDurations; at: number }>();

  const remember = (key: string, past: PastDurations) => {
    known.delete(key);
    known.set(key, { past, at: clock.now() });
    for (const oldest of known.keys()) {
      if (known.size <= MAX_KNOWN) break;
      known.delete(oldest);
    }
  };

  const pastOf = async (key: string): Promise<PastDurations> => {
    const fresh = known.get(key);
    if (fresh !== undefined && clock.now() - fresh.at < FRESH_MS) return fresh.past;
    const past = durationsFromJson((await checkpoints.read(key))?.value);
    remember(key, past);
    return past;
  };

  return {
    async estimated(task) {
      const { eta_seconds: _eta, ...plain } = task;
      if (task.status !== 'running') return plain;
      try {
        const eta = etaOf(task, await pastOf(keyOf(task)), clock.now());
        return eta === undefined ? plain : { ...plain, eta_seconds: eta };
      } catch (error) {
        logger.warn('No estimate: earlier durations could not be read', { task_id: task.task_id, error });
        return plain;
      }
    },

    async learn(task) {
      if (withDuration([], task).length === 0) return;
      const key = keyOf(task);
      try {
        await retryOnConflict(async () => {
          const kept = await checkpoints.read(key);
          const past = withDuration(durationsFromJson(kept?.value), task);
          await checkpoints.write(key, past, kept?.version ?? 0);
          remember(key, past);
        });
      } catch (error) {
        if (!isMiyabiError(error)) throw error;
        logger.warn('A duration could not be remembered', { task_id: task.task_id, error });
      }
    },
  };
};

/** Runs of the same name in the same project are alike. */
const keyOf = ({ project_id, task_name, task_type }: StoredTask): string =>
  `durations#${fingerprint(project_id, task_type, task_name)}`;

const durationsFromJson = (json: Json | undefined): PastDurations =>
  Array.isArray(json) ? json.filter((value) => typeof value === 'number') : [];
