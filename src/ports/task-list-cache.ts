import type { Page } from '../domain/page.ts';
import type { Task } from '../domain/tasks/task.ts';
import type { TaskDocument } from './task-cache.ts';
import type { TaskPosition, TaskQuery } from './task-store.ts';

/** A page of a list as the JSON texts of its tasks. Joined with commas, they are the list of the API. */
export type TaskListPage = Page<TaskDocument, TaskPosition>;

/** A ticket for a list that the cache does not have. Hand it back, unread, with the store's answer. */
export type ListTicket = Readonly<{ query: TaskQuery; asOf: number; tokens: readonly string[] }>;

/** A page; or a ticket, to fill the list with the store's answer; or neither, if the cache keeps no such list. */
export type ListAnswer =
  | Readonly<{ page: TaskListPage; ticket?: undefined }>
  | Readonly<{ page?: undefined; ticket?: ListTicket }>;

/**
 * Lists of tasks, newest update first, from the same cache as the tasks: what `TaskCache.save` or `remove` did is in
 * the next page. It answers only if the list is complete, and trusts that for a minute after it was filled. A cache
 * that cannot answer behaves like an empty one: no method throws.
 */
export interface TaskListCache {
  /**
   * A page, from the cache alone, in one round trip for any number of tasks. A page with a `next` may be followed by an
   * empty one.
   */
  page(query: TaskQuery): Promise<ListAnswer>;

  /**
   * Fills a list with the store's answer to the query of a ticket. The store must have been read after the ticket was
   * issued. An answer that comes too late changes nothing.
   */
  fill(ticket: ListTicket, page: Page<Task, TaskPosition>): Promise<void>;
}

/** Durations that the promises about lists rest on, in milliseconds. */
export const LIST_CACHE = {
  /** How long a filled list counts as complete, from its ticket on. */
  ttl: 60_000,
  /** Only this many tasks of a list are kept; the rest comes from the store. */
  depth: 1_000,
} as const;
