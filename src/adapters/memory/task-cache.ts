import { LRUCache } from 'lru-cache';
import { isTerminal } from '../../domain/status.ts';
import type { Clock } from '../../ports/clock.ts';
import { CACHE_TTL, type TaskCache, type TaskDocument } from '../../ports/task-cache.ts';

export type MemoryTaskCacheOptions = Readonly<{
  clock: Clock;
  /** How many entries to keep, by default 10,000. The ones that nobody asked for longest go first. */
  capacity?: number;
}>;

type Entry = Readonly<
  { until: number } & ({ kind: 'task'; document: TaskDocument } | { kind: 'absent' } | { kind: 'removed' })
>;

/** A cache in this process's memory, shared by nobody else. */
export const memoryTaskCache = ({ clock, capacity = 10_000 }: MemoryTaskCacheOptions): TaskCache => {
  const entries = new LRUCache<string, Entry>({ max: capacity });

  const valid = (taskId: string): Entry | undefined => {
    const entry = entries.get(taskId);
    if (entry === undefined || entry.until > clock.now()) return entry;
    entries.delete(taskId);
    return undefined;
  };

  return {
    async find(taskId) {
      const entry = valid(taskId);
      if (entry?.kind === 'task') return entry.document;
      // A deleted task may have been made anew: only the store knows.
      return entry?.kind === 'absent' ? 'absent' : undefined;
    },

    async save(tasks, asOf = clock.now()) {
      if (asOf + CACHE_TTL.live <= clock.now()) return;
      for (const task of tasks) {
        const { task_id, version } = task;
        const known = valid(task_id);
        if (known?.kind === 'removed') continue;
        if (known?.kind === 'task' && known.document.version >= version) continue;
        const until = asOf + (isTerminal(task.status) ? CACHE_TTL.terminal : CACHE_TTL.live);
        const document = Object.freeze({ task_id, version, json: JSON.stringify(task) });
        entries.set(task_id, { kind: 'task', until, document });
      }
    },

    async markAbsent(taskId, asOf = clock.now()) {
      const until = asOf + CACHE_TTL.absent;
      if (until > clock.now() && valid(taskId) === undefined) entries.set(taskId, { kind: 'absent', until });
    },

    async remove(taskId) {
      entries.set(taskId, { kind: 'removed', until: clock.now() + CACHE_TTL.removed });
    },
  };
};
