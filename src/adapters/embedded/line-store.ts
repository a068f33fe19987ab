import { versionConflict } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { LogOrigin } from '../../domain/logs/event.ts';
import type { LineStore, StoredChunk } from '../../ports/line-store.ts';
import { lineIndexCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { dayAfter, daySegment, keyOf, under } from './keys.ts';
import { fromRecord, toRecord } from './record.ts';

export const lineIndexKey = ({ log_group, log_stream }: LogOrigin): string =>
  keyOf('l', log_group, log_stream);
const chunkKey = ({ log_group, log_stream }: LogOrigin, key: string): string =>
  keyOf('b', log_group, log_stream, key);
export const lineExpiryKey = ({ log_group, log_stream }: LogOrigin, day: number): string =>
  keyOf('x', daySegment(day), 'l', keyOf(log_group, log_stream));

/** What the next write has to know of an index, which may be large. */
type LineFacts = Readonly<{ version: number; expires_at: number }>;

/** The lines of streams: an index and chunks, written together in one batch. */
export const embeddedLineStore = ({ database }: Readonly<{ database: Database }>): LineStore => {
  const storedIn = (change: Change, stream: LogOrigin): LineFacts | undefined => {
    const key = lineIndexKey(stream);
    // Only this file puts facts beside an index.
    const known = change.facts(key) as LineFacts | undefined;
    if (known !== undefined) return known;
    const value = change.get(key);
    return value === undefined ? undefined : lineIndexCodec.decode(stream.log_stream, value);
  };

  return {
    async find(stream) {
      return database.view(async (view) => {
        const [record] = await view.getMany([lineIndexKey(stream)]);
        if (record === undefined) return undefined;
        const { index, version } = lineIndexCodec.decode(stream.log_stream, record);
        return { value: index, version };
      });
    },

    async chunks(stream, keys) {
      return database.view(async (view) => {
        const values = await view.getMany(keys.map((key) => chunkKey(stream, key)));
        return keys.flatMap((key, place): StoredChunk[] => {
          const record = values[place];
          // What was written is JSON, and what reads it checks it.
          return record === undefined
            ? []
            : [{ key, value: fromRecord(`Lines of ${stream.log_stream}`, record) as Json }];
        });
      });
    },

    async write(stream, { index, put, remove, expires_at }, expected) {
      const chunks = put.map(({ key, value }) => [chunkKey(stream, key), toRecord(value)] as const);
      await database.write((change) => {
        const stored = storedIn(change, stream);
        const version = stored?.version ?? 0;
        if (version !== expected) throw versionConflict('Log stream', stream.log_stream);
        for (const [key, record] of chunks) change.put(key, record);
        for (const key of remove) change.remove(chunkKey(stream, key));
        const day = dayAfter(expires_at);
        if (stored === undefined || dayAfter(stored.expires_at) !== day) {
          if (stored !== undefined) change.remove(lineExpiryKey(stream, dayAfter(stored.expires_at)));
          change.put(lineExpiryKey(stream, day), '');
        }
        const facts: LineFacts = { version: version + 1, expires_at };
        change.put(lineIndexKey(stream), lineIndexCodec.encode({ index, ...facts }), facts);
      });
    },

    async remove(stream, keys) {
      await database.write((change) => {
        const stored = storedIn(change, stream);
        if (stored !== undefined) change.remove(lineExpiryKey(stream, dayAfter(stored.expires_at)));
        change.remove(lineIndexKey(stream));
        for (const key of keys) change.remove(chunkKey(stream, key));
      });
    },
  };
};

/** The bounds of the keys of a stream's chunks. */
export const chunksOf = ({ log_group, log_stream }: LogOrigin) => under('b', log_group, log_stream);
