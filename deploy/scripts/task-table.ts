import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamodbCheckpoints } from '../../src/adapters/dynamodb/checkpoints.ts';
import {
  DEFAULT_SHARDS,
  SHARD_STEPS,
  shardsIn,
  type TaskShards,
} from '../../src/adapters/dynamodb/task-shards.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { MiyabiError } from '../../src/domain/errors.ts';
import type { Checkpoints } from '../../src/ports/checkpoints.ts';
import { readDeployConfig, tableNamesOf } from '../config.ts';
import type { OptionTexts } from '../options.ts';
import { isBackfilled } from '../shard-backfill.ts';
import { type ClientSettings, translating } from './preflight.ts';

/** What the deployment scripts ask of the tasks table. */
export type TaskTable = Readonly<{
  client: DynamoDBClient;
  checkpoints: Checkpoints;
  /** How it is partitioned; undefined if there is no such table. */
  shards(): Promise<TaskShards | undefined>;
}>;

export const taskTable = (settings: ClientSettings, tableName: string): TaskTable => {
  const client = new DynamoDBClient(settings);
  return {
    client,
    checkpoints: dynamodbCheckpoints({ client, tableName, clock: systemClock() }),
    shards: () =>
      translating(async () => {
        try {
          const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
          return shardsIn((Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName = '' }) => IndexName));
        } catch (error) {
          if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
          throw error;
        }
      }),
  };
};

/**
 * The shards of a first deployment that names none: a new table begins sharded, and one that an earlier stack left stays
 * as it is.
 */
export const firstShards = async (
  client: ClientSettings,
  chosen: Readonly<{ given: OptionTexts; file: OptionTexts | undefined }>,
): Promise<OptionTexts> => {
  const options = { ...chosen.file, ...chosen.given };
  if (options['shards'] !== undefined) return {};
  const { tasks } = tableNamesOf(readDeployConfig(options));
  const found = await taskTable(client, tasks).shards();
  if (found === undefined) return { shards: String(DEFAULT_SHARDS) };
  if (found.count === 1) return {};
  return {
    shards: String(found.count),
    ...(found.step === SHARD_STEPS ? {} : { shardStep: String(found.step) }),
  };
};

/** @throws MiyabiError `configuration` if tasks lack keys in the sharded indexes: lists would not contain them. */
export const requireBackfill = async (
  client: ClientSettings,
  { table, count }: Readonly<{ table: string; count: number }>,
): Promise<void> => {
  if (await isBackfilled(taskTable(client, table).checkpoints, count)) return;
  throw new MiyabiError(
    'configuration',
    `Nothing was changed: not all tasks of ${table} have their keys in the sharded indexes: run npm run shards first`,
  );
};
