import { randomUUID } from 'node:crypto';
import { setTimeout as pauseFor } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { backoffMs } from '../../domain/backoff.ts';
import { defined } from '../../domain/defined.ts';
import { MiyabiError, unavailable, versionConflict } from '../../domain/errors.ts';
import type { Item } from './attributes.ts';
import { failedCondition, translated } from './errors.ts';
import { inParallel } from './in-parallel.ts';

/** What every DynamoDB adapter is built on. */
export type TableOptions = Readonly<{
  client: DynamoDBClient;
  tableName: string;
  /** Waits so many milliseconds. Tests replace it. */
  pause?: (ms: number) => Promise<unknown>;
  random?: () => number;
}>;

/** A page of a query; `from` is where the next one continues. */
export type QueryPage = Readonly<{ items: readonly Item[]; from?: Item }>;

/** A table whose failures are MiyabiErrors. */
export type Table = Readonly<{
  name: string;
  /** The item. Strongly consistent. */
  get(key: Item): Promise<Item | undefined>;
  /** The items that exist under these keys, which must differ. Strongly consistent. */
  getMany(keys: readonly Item[]): Promise<readonly Item[]>;
  /**
   * Puts an item if the condition holds; false if it does not. `item.write_id` must be new: it identifies a write whose
   * reply was lost and which the SDK then repeated.
   */
  putIf(item: Item, key: Item, condition: Condition): Promise<boolean>;
  /**
   * Deletes an item; with a `version`, only that version: false if there is another. A missing item counts as deleted,
   * so that a delete whose reply was lost can be repeated.
   */
  remove(key: Item, version?: number): Promise<boolean>;
  query(input: Omit<QueryCommandInput, 'TableName'>): Promise<QueryPage>;
  /** Puts and deletes, in no particular order. Their keys must differ. */
  writeMany(requests: readonly WriteRequest[]): Promise<void>;
  /** Sends a command of another kind. */
  send<T>(run: (client: DynamoDBClient) => Promise<T>): Promise<T>;
}>;

export type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

const GET_CHUNK = 100;
const WRITE_CHUNK = 25;
/** Batches in progress at the same time. */
const WIDTH = 4;
/** How often in a row a batch may be returned completely unprocessed. */
const MAX_FRUITLESS_ROUNDS = 6;
const PAUSE = { firstMs: 50, lastMs: 3_200 };

export const newWriteId = (): string => randomUUID();

export const tableOf = ({
  client,
  tableName,
  pause = pauseFor,
  random = Math.random,
}: TableOptions): Table => {
  const send = async <T>(run: (client: DynamoDBClient) => Promise<T>): Promise<T> => {
    try {
      return await run(client);
    } catch (error) {
      throw failedCondition(error) === undefined ? translated(tableName, error) : error;
    }
  };

  const get = async (key: Item): Promise<Item | undefined> => {
    const { Item: item } = await send((it) =>
      it.send(new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true })),
    );
    return item;
  };

  /**
   * Sends a batch, then its unprocessed rest, until all is done. Full jitter between the rounds; a round that processed
   * something resets the count, because large items are returned for their size alone.
   */
  const untilDone = async <T>(batch: readonly T[], round: (batch: readonly T[]) => Promise<readonly T[]>) => {
    let left = batch;
    for (let fruitless = 0; ; ) {
      const undone = await round(left);
      if (undone.length === 0) return;
      fruitless = undone.length < left.length ? 0 : fruitless + 1;
      if (fruitless > MAX_FRUITLESS_ROUNDS) {
        throw unavailable(
          `DynamoDB table ${tableName}`,
          new Error(`${undone.length} items of a batch stay unprocessed`),
        );
      }
      left = undone;
      await pause(random() * backoffMs(fruitless + 1, PAUSE));
    }
  };

  return {
    name: tableName,
    send,
    get,

    async getMany(keys) {
      const items: Item[] = [];
      await inParallel(chunksOf(keys, GET_CHUNK), WIDTH, (chunk) =>
        untilDone(chunk, async (left) => {
          // Only the keys of an unprocessed request are certain to be returned, so the request is made again.
          const output: BatchGetItemCommandOutput = await send((it) =>
            it.send(
              new BatchGetItemCommand({
                RequestItems: { [tableName]: { Keys: [...left], ConsistentRead: true } },
              }),
            ),
          );
          items.push(...(output.Responses?.[tableName] ?? []));
          return output.UnprocessedKeys?.[tableName]?.Keys ?? [];
        }),
      );
      return items;
    },

    async putIf(item, key, condition) {
      try {
        await send((it) => it.send(new PutItemCommand({ TableName: tableName, Item: item, ...condition })));
        return true;
      } catch (error) {
        const failed = failedCondition(error);
        if (failed === undefined) throw error;
        if (failed.attempts === 1) return false;
        return (await get(key))?.['write_id']?.S === item['write_id']?.S;
      }
    },

    async remove(key, version) {
      try {
        await send((it) =>
          it.send(
            new DeleteItemCommand({
              TableName: tableName,
              Key: key,
              ...(version === undefined ? {} : isAt(version)),
            }),
          ),
        );
        return true;
      } catch (error) {
        if (failedCondition(error) === undefined) throw error;
        return false;
      }
    },

    async query(input) {
      const output = await send((it) => it.send(new QueryCommand({ TableName: tableName, ...input })));
      const from = output.LastEvaluatedKey;
      return { items: output.Items ?? [], ...defined({ from }) };
    },

    async writeMany(requests) {
      await inParallel(chunksOf(requests, WRITE_CHUNK), WIDTH, (chunk) =>
        untilDone(chunk, async (left) => {
          const output = await send((it) =>
            it.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: [...left] } })),
          );
          return output.UnprocessedItems?.[tableName] ?? [];
        }),
      );
    },
  };
};

const chunksOf = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/** The condition for saving that version: there is none yet, or the previous one. */
export const isNext = (version: number, keyName: string): Condition =>
  version === 1
    ? { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': keyName } }
    : {
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':before': { N: String(version - 1) } },
      };

/** The condition for removing that version: it is stored, or nothing is. */
const isAt = (version: number): Condition => ({
  ConditionExpression: 'attribute_not_exists(#version) OR #version = :version',
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':version': { N: String(version) } },
});

/** The error of a save that was refused. */
export const refusal = (kind: string, id: string, version: number): MiyabiError =>
  version === 1
    ? new MiyabiError('already_exists', `${kind} ${id} exists already`)
    : versionConflict(kind, id);
