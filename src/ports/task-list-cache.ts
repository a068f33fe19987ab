import type { Page } from '../domain/page.ts';
import type { Task } from '../domain/tasks/task.ts';
import type { TaskDocument } from './task-cache.ts';
import type { TaskPosition, TaskQuery } from './task-store.ts';

/** A page of a list as the JSON texts of its tasks: joined with commas, they are the list of the API. */
export type TaskListPage = Page<TaskDocument, TaskPosition>;

/** A list that was not there when it was asked for. To be handed back, unread, with what the store answered. */
export type ListTicket = Readonly<{ query: TaskQuery; asOf: number; tokens: readonly string[] }>;

/** A page; or a ticket, to fill the list with the store's answer; or neither, where the cache keeps no such list. */
export type ListAnswer =
  | Readonly<{ page: TaskListPage; ticket?: undefined }>
  | Readonly<{ page?: undefined; ticket?: ListTicket }>;

/**
 * Lists of tasks, newest update first, out of the same cache that keeps the tasks: whatever `TaskCache.save` or
 * `remove` has done is in the next page. It answers only where it knows that nothing is missing, and believes that
 * for a minute after it was filled. A cache that cannot answer behaves as one that is empty: no method throws.
 */
export interface TaskListCache {
  /**
   * A page, from the cache alone and in one round trip, whatever is stored. A page that ends with `next` may be
   * followed by an empty one.
   */
  page(query: TaskQuery): Promise<ListAnswer>;

  /**
   * Takes in what the store answered to the query of a ticket. The store must have been asked after the ticket was
   * given; an answer that came too late is of no use and changes nothing.
   */
  fill(ticket: ListTicket, page: Page<Task, TaskPosition>): Promise<void>;
}

/** What keeps the promises about lists: durations in milliseconds. */
export const LIST_CACHE = {
  /** How long a list that was filled is believed to be complete, counted from its ticket. */
  ttl: 60_000,
  /** Longer lists are not kept: what is behind so many tasks comes from the store. */
  depth: 1_000,
} as const;
