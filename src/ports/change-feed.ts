/**
 * A change of a task or project. `body` is the entity as the API answers it, as JSON text; absent if it was deleted.
 */
export type Change = Readonly<{
  kind: 'task' | 'project';
  action: 'saved' | 'deleted';
  id: string;
  project_id: string;
  version: number;
  body?: string;
}>;

/** A change and its place in the feed. Places are opaque and ordered. */
export type FeedEntry = Readonly<{ position: string; change: Change }>;

/** Changes in their order. The feed keeps a bounded past: enough for a reader to reconnect, not an archive. */
export interface ChangeFeed {
  /**
   * Adds changes, in this order. During an outage it may lose them, but must not hold up the writer. Once the backend
   * accepts writes again, a reader from before the loss gets `not_found`, in every process.
   */
  publish(changes: readonly Change[]): Promise<void>;

  /**
   * The position after the newest entry, for a reader who wants only what follows.
   *
   * @throws MiyabiError `unavailable` where the backend does not answer.
   */
  position(): Promise<string>;

  /**
   * Entries after `after`, oldest first, at most `limit`.
   *
   * @throws MiyabiError `not_found` where the feed no longer holds the entries right after that position, or never
   * issued it; `unavailable` where the backend does not answer.
   */
  read(after: string, limit: number): Promise<readonly FeedEntry[]>;

  /**
   * Waits until there is an entry after `after`, the signal aborts, or `timeoutMs` are over. It may return early with
   * nothing to read: read, then wait again. It returns at once where `read` would not find the position.
   */
  wait(after: string, options: Readonly<{ signal: AbortSignal; timeoutMs: number }>): Promise<void>;

  /**
   * Whether changes of this process were lost and readers cannot see that yet. `wait` returns early when this begins.
   */
  hasLost(): boolean;
}
