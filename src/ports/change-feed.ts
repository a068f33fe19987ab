/** Something changed. `body` is the entity as the API answers it, as JSON text; absent where it was deleted. */
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

/** What changed, in order. It keeps a bounded past: enough for a reader to reconnect, no archive. */
export interface ChangeFeed {
  /**
   * Adds changes, in this order. Losing them under an outage is allowed; holding the writer up is not. Once the backend
   * takes writes again, a reader from before the loss gets `not_found`, in every process.
   */
  publish(changes: readonly Change[]): Promise<void>;

  /**
   * The position behind the newest entry: what a reader starts from who wants only what comes.
   *
   * @throws MiyabiError `unavailable` where the backend does not answer.
   */
  position(): Promise<string>;

  /**
   * Entries behind `after`, oldest first, at most `limit`.
   *
   * @throws MiyabiError `not_found` where the feed no longer holds what came right behind that position, or never
   * gave it out; `unavailable` where the backend does not answer.
   */
  read(after: string, limit: number): Promise<readonly FeedEntry[]>;

  /**
   * Waits until there is something behind `after`, the signal aborts, or `timeoutMs` are over. It may return early
   * with nothing to read: read, then wait again. It ends at once where `read` would not find the position.
   */
  wait(after: string, options: Readonly<{ signal: AbortSignal; timeoutMs: number }>): Promise<void>;

  /** Whether changes of this process were lost and readers cannot find that out yet. `wait` ends early when it begins. */
  hasLost(): boolean;
}
