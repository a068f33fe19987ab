import { versionConflict } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import { checkpointCodec } from './codecs.ts';
import type { Database } from './database.ts';
import { dayAfter, daySegment, KEPT_MS, keyOf, startOfDay } from './keys.ts';
import { DamagedRecord, fromRecord, toRecord } from './record.ts';

export type EmbeddedCheckpointsOptions = Readonly<{
  database: Database;
  clock: Clock;
  /** Keys that expire if they are not written for 90 days: by default all but the cursors of log sources. */
  expires?: (key: string) => boolean;
}>;

/**
 * Checkpoints: a version and a value under a key. The version is a record of its own, so that a write does not read a
 * large value.
 */
export const embeddedCheckpoints = ({
  database,
  clock,
  expires = (key) => !key.startsWith('source#'),
}: EmbeddedCheckpointsOptions): Checkpoints => {
  const isOver = (day: number): boolean => day !== 0 && startOfDay(day) <= clock.now();

  return {
    async read(key) {
      return database.view(async (view) => {
        const [head, value] = await view.getMany([keyOf('c', key), keyOf('v', key)]);
        if (head === undefined) return undefined;
        const { version, expires_on } = checkpointCodec.decode(key, head);
        if (isOver(expires_on)) return undefined;
        if (value === undefined) throw new DamagedRecord(`Checkpoint ${key}`, 'its value is missing');
        // `fromRecord` parses JSON, so its result is JSON.
        return { value: fromRecord(`Checkpoint ${key}`, value) as Json, version };
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
    },
  };
};
