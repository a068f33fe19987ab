import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { versionConflict } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { type Checkpoint, type Checkpoints, isLasting } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import { checkpointCodec } from './codecs.ts';
import type { Database } from './database.ts';
import { dayAfter, daySegment, KEPT_MS, keyOf, startOfDay } from './keys.ts';
import { DamagedRecord, fromRecord, toRecord } from './record.ts';

export type EmbeddedCheckpointsOptions = Readonly<{
  database: Database;
  clock: Clock;
  /** Keys that expire if they are not written for 90 days: by default all but the lasting ones. */
  expires?: (key: string) => boolean;
}>;

/** The number of checkpoints whose last written record is kept in memory, and of their characters together. */
const REMEMBERED = 500;
const REMEMBERED_TEXT = 4_000_000;

// `fromRecord` parses JSON, so its result is JSON.
const decoded = (key: string, record: string): Json => fromRecord(`Checkpoint ${key}`, record) as Json;

/** A caller that has the value of this version already does not read it, so a large one is parsed on first use. */
const lazily = (key: string, record: string, version: number): Checkpoint => {
  let value: Json | undefined;
  return {
    get value() {
      value ??= decoded(key, record);
      return value;
    },
    version,
  };
};

/**
 * Checkpoints: a version and a value under a key. The version is a record of its own, so that a write does not read a
 * large value.
 */
export const embeddedCheckpoints = ({
  database,
  clock,
  expires = (key) => !isLasting(key),
}: EmbeddedCheckpointsOptions): Checkpoints => {
  const isOver = (day: number): boolean => day !== 0 && startOfDay(day) <= clock.now();
  /** The store has one owner, so the record that this process wrote last under a version is the stored one. */
  const known = new LRUCache<string, Readonly<{ record: string; version: number }>>({
    max: REMEMBERED,
    maxSize: REMEMBERED_TEXT,
    sizeCalculation: ({ record }) => record.length,
  });

  const headOf = (key: string, head: string) => {
    try {
      return checkpointCodec.decode(key, head);
    } catch (error) {
      throw database.damaged(error);
    }
  };

  return {
    async read(key) {
      // Without it, a loop of reads that are all answered from memory would block the process.
      await setImmediate();
      const found = known.get(key);
      const head = found === undefined ? undefined : await database.get(keyOf('c', key));
      if (found !== undefined && head !== undefined) {
        const { version, expires_on } = headOf(key, head);
        if (version === found.version && !isOver(expires_on)) return lazily(key, found.record, version);
      }
      return database.view(async (view) => {
        const [head, value] = await view.getMany([keyOf('c', key), keyOf('v', key)]);
        if (head === undefined) return undefined;
        const { version, expires_on } = checkpointCodec.decode(key, head);
        if (isOver(expires_on)) return undefined;
        if (value === undefined) throw new DamagedRecord(`Checkpoint ${key}`, 'its value is missing');
        return { value: decoded(key, value), version };
      });
    },

    async write(key, value, expected) {
      const record = toRecord(value);
      await database.write((change) => {
        const head = change.get(keyOf('c', key));
        const stored = head === undefined ? undefined : checkpointCodec.decode(key, head);
        const version = stored === undefined || isOver(stored.expires_on) ? 0 : stored.version;
        if (version !== expected) throw versionConflict('Checkpoint', key);
        const expires_on = expires(key) ? dayAfter(clock.now() + KEPT_MS) : 0;
        if (stored !== undefined && stored.expires_on !== expires_on) {
          change.remove(keyOf('x', daySegment(stored.expires_on), 'c', key));
        }
        if (expires_on !== 0 && stored?.expires_on !== expires_on) {
          change.put(keyOf('x', daySegment(expires_on), 'c', key), '');
        }
        change.put(keyOf('c', key), checkpointCodec.encode({ version: version + 1, expires_on }));
        change.put(keyOf('v', key), record);
      });
      known.set(key, { record, version: expected + 1 });
    },

    async remove(key) {
      await database.write((change) => {
        const head = change.get(keyOf('c', key));
        if (head === undefined) return;
        const { expires_on } = checkpointCodec.decode(key, head);
        change.remove(keyOf('c', key));
        change.remove(keyOf('v', key));
        change.remove(keyOf('x', daySegment(expires_on), 'c', key));
      });
      known.delete(key);
    },
  };
};
