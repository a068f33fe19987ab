import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { isMiyabiError, MiyabiError, versionConflict } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { LogOrigin } from '../../domain/logs/event.ts';
import type { LineStore } from '../../ports/line-store.ts';
import { type Item, itemReader, number, schema, text } from './attributes.ts';
import { isNext, newWriteId, type TableOptions, tableOf } from './table.ts';
import { CURRENT } from './task-item.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * The lines of streams in the tasks table, under keys that no task can have: an id holds no `#`. Index and chunks are
 * items of gzipped JSON, which expire by the table's own rule. Chunks are written before the index that names them: its
 * conditional write is the one moment at which a stream changes.
 */
export const dynamodbLineStore = (options: TableOptions): LineStore => {
  const table = tableOf(options);

  /** Chunks that no index names any more. What stays behind in an outage is unseen, and expires. */
  const removeChunks = async (stream: LogOrigin, keys: readonly string[]): Promise<void> => {
    try {
      await table.writeMany(keys.map((key) => ({ DeleteRequest: { Key: chunkKey(stream, key) } })));
    } catch (error) {
      if (!isMiyabiError(error, 'unavailable')) throw error;
    }
  };

  return {
    async find(stream) {
      const item = await table.get(indexKey(stream));
      if (item === undefined) return undefined;
      const read = itemReader(whatOf(stream), item);
      return { value: await decode(stream, read.bytes('value')), version: read.number('version') };
    },

    async chunks(stream, keys) {
      const items = await table.getMany(keys.map((key) => chunkKey(stream, key)));
      return Promise.all(
        items.map(async (item) => {
          const read = itemReader(whatOf(stream), item);
          return { key: read.text('chunk'), value: await decode(stream, read.bytes('value')) };
        }),
      );
    },

    async write(stream, { index, put, remove, expires_at }, expected) {
      const ttl: Item = { ttl: number(Math.ceil(expires_at / 1000)) };
      const chunks = await Promise.all(
        put.map(async ({ key, value }) => ({
          PutRequest: {
            Item: {
              ...chunkKey(stream, key),
              ...schema,
              chunk: text(key),
              value: { B: await encode(value) },
              ...ttl,
            },
          },
        })),
      );
      await table.writeMany(chunks);
      const version = expected + 1;
      const item: Item = {
        ...indexKey(stream),
        ...schema,
        version: number(version),
        write_id: text(newWriteId()),
        value: { B: await encode(index) },
        ...ttl,
      };
      if (!(await table.putIf(item, indexKey(stream), isNext(version, 'task_id')))) {
        await removeChunks(
          stream,
          put.map(({ key }) => key),
        );
        throw versionConflict('Log stream', stream.log_stream);
      }
      if (remove.length > 0) await removeChunks(stream, remove);
    },

    async remove(stream, keys) {
      await table.remove(indexKey(stream));
      await removeChunks(stream, keys);
    },
  };
};

/** A stream within a partition key, whose length DynamoDB bounds. */
const nameOf = ({ log_group, log_stream }: LogOrigin): string =>
  createHash('sha256')
    .update(JSON.stringify([log_group, log_stream]))
    .digest('base64url');

const indexKey = (stream: LogOrigin): Item => ({
  task_id: text(`lines#${nameOf(stream)}`),
  timestamp: number(CURRENT),
});

const chunkKey = (stream: LogOrigin, key: string): Item => ({
  task_id: text(`lines#${nameOf(stream)}#${key}`),
  timestamp: number(CURRENT),
});

const whatOf = ({ log_stream }: LogOrigin): string => `Kept lines of ${log_stream}`;

const encode = (value: Json): Promise<Uint8Array> => compress(JSON.stringify(value));

const decode = async (stream: LogOrigin, bytes: Uint8Array): Promise<Json> => {
  try {
    return JSON.parse((await decompress(bytes)).toString());
  } catch (error) {
    throw new MiyabiError('internal', `${whatOf(stream)} are damaged in the store`, { cause: error });
  }
};
