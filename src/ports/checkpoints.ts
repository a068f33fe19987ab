import type { Json } from '../domain/json.ts';

/** A kept value. `version` counts its writes from 1. */
export type Checkpoint = Readonly<{ value: Json; version: number }>;

/**
 * What the collector must remember between runs: where it stopped reading, and what each stream has said. Values may
 * be some hundred kilobytes of JSON. Every method throws MiyabiError `unavailable` where the backend does not answer.
 */
export interface Checkpoints {
  /** The value under the key, undefined where there is none. Sees every write that ended before. */
  read(key: string): Promise<Checkpoint | undefined>;

  /**
   * Writes the value if nobody else has since: `expected` is the version that was read, 0 where there was none.
   *
   * @throws MiyabiError `version_conflict` where the stored version is another.
   */
  write(key: string, value: Json, expected: number): Promise<void>;

  /** Forgets the key. Forgetting what is not there is no error. */
  remove(key: string): Promise<void>;
}
