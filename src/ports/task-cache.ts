import type { Task } from '../domain/task.ts';

/** A task as the API answers it: `json` is its serialised form, passed on as it is. */
export type TaskDocument = Readonly<{ task_id: string; version: number; json: string }>;

/** `absent`: the store was asked a moment ago and had no such task. */
export type CacheAnswer = TaskDocument | 'absent' | undefined;

/**
 * Tasks kept near. It holds an entry for a bounded time only, so whatever goes wrong between a store and its cache
 * heals by itself. A cache that cannot answer behaves as one that is empty: no method throws.
 */
export interface TaskCache {
  /** What the cache knows of a task, undefined where it knows nothing. One round trip. */
  find(taskId: string): Promise<CacheAnswer>;

  /** Keeps these tasks; an entry with the same or a higher version stays as it is. */
  save(tasks: readonly Task[]): Promise<void>;

  /** Remembers briefly that there is no such task; an entry that exists stays. */
  markAbsent(taskId: string): Promise<void>;

  /** Forgets a task that was deleted, in a way that a late `save` of an old version does not undo for a while. */
  remove(taskId: string): Promise<void>;
}
