import type { Json } from '../domain/json.ts';
import type { LogOrigin } from '../domain/logs/event.ts';

/** What is kept of a stream beside its chunks. `version` counts its writes from 1. */
export type StoredIndex = Readonly<{ value: Json; version: number }>;

/** Some lines of a stream under a key of their own; a key is used once in the life of a stream. */
export type StoredChunk = Readonly<{ key: string; value: Json }>;

/**
 * One write of a stream: its index, chunks that are new, and the keys of chunks that go. Index and chunks may go some time
 * after `expires_at`, epoch milliseconds; a later write renews that of the index alone.
 */
export type LineWrite = Readonly<{
  index: Json;
  put: readonly StoredChunk[];
  remove: readonly string[];
  expires_at: number;
}>;

/**
 * The lines of streams, in chunks of some tens of kilobytes and an index of them. Bounds are the caller's business.
 * Every method throws MiyabiError `unavailable` where the backend does not answer.
 */
export interface LineStore {
  /** The index of a stream, undefined where there is none. Sees every write that ended before. */
  find(stream: LogOrigin): Promise<StoredIndex | undefined>;

  /** Those of these chunks that are there, in no particular order. One that a write has removed meanwhile is not. */
  chunks(stream: LogOrigin, keys: readonly string[]): Promise<readonly StoredChunk[]>;

  /**
   * Writes if no other has since: `expected` is the version that was read, 0 where there was none. Index and new chunks
   * are there together or not at all; removed chunks may outlive a crash, unseen, until they expire.
   *
   * @throws MiyabiError `version_conflict` where the stored version is another.
   */
  write(stream: LogOrigin, write: LineWrite, expected: number): Promise<void>;

  /** Removes a stream: its index and these chunks, which are those that the index names. No error where it is not there. */
  remove(stream: LogOrigin, keys: readonly string[]): Promise<void>;
}
