import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { isMiyabiError, MiyabiError, versionConflict } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { type Checkpoints, isLasting } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Item, itemReader, number, reader, schema, text } from './attributes.ts';
import { failedCondition } from './errors.ts';
import { newWriteId, type TableOptions, tableOf } from './table.ts';
import { CURRENT, ttlAfter } from './task-item.ts';

export type DynamodbCheckpointsOptions = TableOptions &
  Readonly<{
    clock: Clock;
    /** Keys that expire if they are not written for 90 days: by default all but the lasting ones. */
    expires?: (key: string) => boolean;
  }>;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Bytes of a value in one item: the rest of its 400 KB is more than its other attributes need. */
const PART_BYTES = 350_000;
const MAX_KEY_BYTES = 1024;
/** How often a reader starts again because a writer has replaced the parts meanwhile. */
const READ_ATTEMPTS = 8;

/** Where a value is: in its head, or in several parts. */
type Head = Readonly<{ version: number; writeId: string; parts: number; bytes?: Uint8Array }>;

/**
 * Checkpoints in the tasks table, under keys that no task can have: an id contains no `#`.
 *
 * A value is gzipped JSON. One too large for an item is cut into parts, which are written under a new name before the
 * head that refers to them: the conditional write of the head is the moment at which the value changes.
 */
export const dynamodbCheckpoints = ({
  clock,
  expires = (key) => !isLasting(key),
  ...options
}: DynamodbCheckpointsOptions): Checkpoints => {
  const table = tableOf(options);

  const readHead = async (key: string): Promise<Head | undefined> => {
    const item = await table.get(headKey(key));
    return item === undefined ? undefined : headFromItem(key, item);
  };

  const readParts = async (key: string, head: Head): Promise<Uint8Array | undefined> => {
    const items = await table.getMany(partKeys(key, head));
    if (items.length < head.parts) return undefined;
    const inOrder = items
      .map((item) => reader(`Checkpoint ${key}`, item))
      .sort((a, b) => a.number('timestamp') - b.number('timestamp'));
    return Buffer.concat(inOrder.map((part) => part.bytes('value')));
  };

  /** Removes parts that no head refers to any more. If that fails in an outage, leftovers do no harm. */
  const removeParts = async (key: string, head: Pick<Head, 'writeId' | 'parts'>): Promise<void> => {
    try {
      await table.writeMany(partKeys(key, head).map((Key) => ({ DeleteRequest: { Key } })));
    } catch (error) {
      if (!isMiyabiError(error, 'unavailable')) throw error;
    }
  };

  return {
    async read(key) {
      let before: string | undefined;
      for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
        const head = await readHead(key);
        if (head === undefined) return undefined;
        const bytes = head.bytes ?? (await readParts(key, head));
        if (bytes !== undefined) return { value: await decode(key, bytes), version: head.version };
        // Parts are removed only after their head: the same head twice without its parts means damage, not a race.
        if (before === head.writeId) break;
        before = head.writeId;
      }
      throw new MiyabiError('internal', `Checkpoint ${key} is damaged in the store: parts of it are missing`);
    },

    async write(key, value, expected) {
      const bytes = await compress(JSON.stringify(value));
      const writeId = newWriteId();
      const ttl: Item = expires(key) ? { ttl: ttlAfter(clock.now()) } : {};
      const chunks = bytes.length <= PART_BYTES ? [] : cut(bytes);
      await table.writeMany(
        chunks.map((chunk, index) => ({
          PutRequest: { Item: { ...partKey(key, writeId, index), value: { B: chunk }, ...ttl } },
        })),
      );

      const item: Item = {
        ...headKey(key),
        ...schema,
        version: number(expected + 1),
        write_id: text(writeId),
        parts: number(chunks.length),
        ...(chunks.length === 0 ? { value: { B: bytes } } : {}),
        ...ttl,
      };
      let replaced: Head | undefined;
      try {
        const { Attributes: old } = await table.send((client) =>
          client.send(
            new PutItemCommand({
              TableName: table.name,
              Item: item,
              ReturnValues: 'ALL_OLD',
              ...(expected === 0
                ? {
                    ConditionExpression: 'attribute_not_exists(#id)',
                    ExpressionAttributeNames: { '#id': 'task_id' },
                  }
                : {
                    ConditionExpression: '#version = :expected',
                    ExpressionAttributeNames: { '#version': 'version' },
                    ExpressionAttributeValues: { ':expected': number(expected) },
                  }),
            }),
          ),
        );
        if (old !== undefined) replaced = headFromItem(key, old);
      } catch (error) {
        const failed = failedCondition(error);
        if (failed === undefined) throw error;
        const isOurs = failed.attempts > 1 && (await readHead(key))?.writeId === writeId;
        if (!isOurs) {
          await removeParts(key, { writeId, parts: chunks.length });
          throw versionConflict('Checkpoint', key, error);
        }
      }
      if (replaced !== undefined) await removeParts(key, replaced);
    },

    async remove(key) {
      const { Attributes: old } = await table.send((client) =>
        client.send(
          new DeleteItemCommand({ TableName: table.name, Key: headKey(key), ReturnValues: 'ALL_OLD' }),
        ),
      );
      if (old !== undefined) await removeParts(key, headFromItem(key, old));
    },
  };
};

/** The name of a key within a partition key, whose length is limited by DynamoDB. */
const nameOf = (key: string): string =>
  Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : `sha256#${createHash('sha256').update(key).digest('hex')}`;

const headKey = (key: string): Item => ({
  task_id: text(`checkpoint#${nameOf(key)}`),
  timestamp: number(CURRENT),
});

const partKey = (key: string, writeId: string, index: number): Item => ({
  task_id: text(`checkpoint-part#${writeId}#${nameOf(key)}`),
  timestamp: number(index),
});

const partKeys = (key: string, { writeId, parts }: Pick<Head, 'writeId' | 'parts'>): readonly Item[] =>
  Array.from({ length: parts }, (_, index) => partKey(key, writeId, index));

const cut = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / PART_BYTES) }, (_, index) =>
    bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES),
  );

const headFromItem = (key: string, item: Item): Head => {
  const read = itemReader(`Checkpoint ${key}`, item);
  return {
    version: read.number('version'),
    writeId: read.text('write_id'),
    parts: read.number('parts'),
    ...(read.has('value') ? { bytes: read.bytes('value') } : {}),
  };
};

const decode = async (key: string, bytes: Uint8Array): Promise<Json> => {
  try {
    return JSON.parse((await decompress(bytes)).toString());
  } catch (error) {
    throw new MiyabiError('internal', `Checkpoint ${key} is damaged in the store: its value cannot be read`, {
      cause: error,
    });
  }
};
