import type { Json } from '../domain/json.ts';

/** A stored value. `version` counts its writes from 1. */
export type Checkpoint = Readonly<{ value: Json; version: number }>;

/**
 * Whether a value stays however long it is not written: the position in a log source, and the secret of public links.
 * A backend may drop others after 90 days.
 */
export const isLasting = (key: string): boolean => key.startsWith('source#') || key.startsWith('links#');

/**
 * What the collector keeps between runs: where it stopped reading, and the ledger of each stream. Values may be some
 * hundred kilobytes of JSON. Every method throws MiyabiError `unavailable` where the backend does not answer.
 */
export interface Checkpoints {
  /** The value under the key, undefined if there is none. Strongly consistent. */
  read(key: string): Promise<Checkpoint | undefined>;

  /**
   * Writes the value if it has not changed: `expected` is the version that was read, 0 if there was none.
   *
   * @throws MiyabiError `version_conflict` where the stored version is another.
   */
  write(key: string, value: Json, expected: number): Promise<void>;

  /** Removes the key. A missing key is no error. */
  remove(key: string): Promise<void>;
}
