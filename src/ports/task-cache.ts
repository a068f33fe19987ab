import type { Task } from '../domain/tasks/task.ts';

/** A task as the API answers it: `json` is its serialised form, passed on as it is. */
export type TaskDocument = Readonly<{ task_id: string; version: number; json: string }>;

/** `absent`: the store was asked a moment ago and had no such task. */
export type CacheAnswer = TaskDocument | 'absent' | undefined;

/**
 * Tasks kept near. It holds an entry for a bounded time only, so whatever goes wrong between a store and its cache
 * heals by itself. A cache that cannot answer behaves as one that is empty: no method throws.
 *
 * `asOf`, epoch milliseconds and by default now, is a moment at which or after which the store held what is kept:
 * take it before asking the store. Entries live from there, so that an answer that was long under way cannot
 * outlive the promise; one that is a minute old is not kept at all.
 */
export interface TaskCache {
  /** What the cache knows of a task, undefined where it knows nothing. One round trip. */
  find(taskId: string): Promise<CacheAnswer>;

  /** Keeps these tasks; an entry with the same or a higher version stays as it is. */
  save(tasks: readonly Task[], asOf?: number): Promise<void>;

  /** Remembers briefly that there is no such task; an entry that exists stays. */
  markAbsent(taskId: string, asOf?: number): Promise<void>;

  /** Forgets a task that was deleted, in a way that a late `save` of an old version does not undo for a while. */
  remove(taskId: string): Promise<void>;
}

/** How long what was read at `asOf` may be answered, in milliseconds. The promise of the cache rests on these. */
export const CACHE_TTL = {
  /** A task that has ended. */
  terminal: 3_600_000,
  /** A task that may still change, and the longest that anything may be under way to the cache. */
  live: 60_000,
  absent: 5_000,
  /** A deletion: as long as an answer from before it may be under way. */
  removed: 60_000,
} as const;
