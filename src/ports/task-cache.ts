import type { Task } from '../domain/tasks/task.ts';

/** A task as the API answers it: `json` is its serialised form, passed on as it is. */
export type TaskDocument = Readonly<{ task_id: string; version: number; json: string }>;

/** `absent`: the store was read a moment ago and had no such task. */
export type CacheAnswer = TaskDocument | 'absent' | undefined;

/**
 * A cache of tasks. Entries expire, so any difference between a store and its cache ends by itself. A cache that cannot
 * answer behaves like an empty one: no method throws.
 *
 * `asOf`, epoch milliseconds and by default now, is a moment at or after which the store held the entry: take it before
 * reading the store. Entries expire counted from there, so a slow answer cannot outlive the limit; one that is a minute
 * old is not stored at all.
 */
export interface TaskCache {
  /** What the cache has of a task, undefined if nothing. One round trip. */
  find(taskId: string): Promise<CacheAnswer>;

  /** Stores these tasks. An entry with the same or a higher version stays. */
  save(tasks: readonly Task[], asOf?: number): Promise<void>;

  /** Stores briefly that there is no such task. An existing entry stays. */
  markAbsent(taskId: string, asOf?: number): Promise<void>;

  /** Removes a deleted task. For a while, a late `save` of an old version does not bring it back. */
  remove(taskId: string): Promise<void>;
}

/**
 * How long an entry that was read at `asOf` may be answered, in milliseconds. What the cache promises rests on these.
 */
export const CACHE_TTL = {
  /** A task that has ended. */
  terminal: 3_600_000,
  /** A task that may still change. Also the longest that a write may be on its way to the cache. */
  live: 60_000,
  absent: 5_000,
  /** A deletion: as long as an answer from before it may be on its way. */
  removed: 60_000,
} as const;
