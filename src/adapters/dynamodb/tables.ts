import { setTimeout as pauseFor } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { MiyabiError, unavailable } from '../../domain/errors.ts';
import { isNamed, translated } from './errors.ts';
import { LIST_INDEXES, type ListIndex, shardedName, type TaskShards, UNSHARDED } from './task-shards.ts';

/** The parts of a task. It contains only parts. */
export const PARENT_INDEX = 'ParentIndex';
/** Tasks that the metrics of their project do not count as they are: few, and only for a moment. */
export const UNCOUNTED_INDEX = 'UncountedIndex';
/** All projects in the order of their ids. The entry of a project is written once and never changes. */
export const LIST_INDEX = 'ListIndex';

/** Everything in the webhooks table that is due, and when. */
export const DUE_INDEX = 'DueIndex';

/** Epoch seconds after which an item of the tasks or the webhooks table expires. */
const TTL_ATTRIBUTE = 'ttl';

export type TableNames = Readonly<{ tasks: string; projects: string; webhooks: string }>;

export type TableDefinition = Readonly<{
  name: string;
  /** Names of key attributes: the partition's, and the sort key's. */
  key: readonly [string, string?];
  indexes: readonly Readonly<{ name: string; key: readonly [string, string]; includes: readonly string[] }>[];
  attributes: Readonly<Record<string, 'S' | 'N'>>;
  ttl?: string;
}>;

/** The filters of a list of tasks. */
const FILTERED = ['status', 'project_id', 'task_type', 'search_name', 'label_marks'];

const taskIndex = (name: string, partition: string) => ({
  name,
  key: [partition, 'updated_key'] as const,
  includes: FILTERED.filter((attribute) => attribute !== partition),
});

const listIndexes = ({ count, step }: TaskShards): TableDefinition['indexes'] =>
  (Object.keys(LIST_INDEXES) as ListIndex[]).flatMap((index) => {
    const { name, field, shard, addedAt, removedAt } = LIST_INDEXES[index];
    return [
      ...(step < removedAt ? [taskIndex(name, field)] : []),
      ...(step >= addedAt ? [taskIndex(shardedName(index, count), shard)] : []),
    ];
  });

const tasksDefinition = (name: string, shards: TaskShards): TableDefinition => {
  const lists = listIndexes(shards);
  return {
    name,
    key: ['task_id', 'timestamp'],
    indexes: [
      ...lists,
      taskIndex(PARENT_INDEX, 'parent_id'),
      { name: UNCOUNTED_INDEX, key: ['uncounted', 'updated_key'], includes: [] },
    ],
    // DynamoDB refuses attributes that are no key.
    attributes: {
      task_id: 'S',
      timestamp: 'N',
      ...Object.fromEntries(lists.map(({ key: [partition] }) => [partition, 'S' as const])),
      parent_id: 'S',
      uncounted: 'S',
      updated_key: 'S',
    },
    ttl: TTL_ATTRIBUTE,
  };
};

/** The three tables, for `createTables` and for a stack. */
export const tableDefinitions = (
  { tasks, projects, webhooks }: TableNames,
  shards: TaskShards = UNSHARDED,
): readonly TableDefinition[] => [
  tasksDefinition(tasks, shards),
  {
    name: projects,
    key: ['project_id'],
    indexes: [{ name: LIST_INDEX, key: ['listing', 'project_id'], includes: [] }],
    attributes: { project_id: 'S', listing: 'S' },
  },
  {
    name: webhooks,
    key: ['owner', 'item'],
    indexes: [{ name: DUE_INDEX, key: ['queue', 'due_at'], includes: [] }],
    attributes: { owner: 'S', item: 'S', queue: 'S', due_at: 'N' },
    ttl: TTL_ATTRIBUTE,
  },
];

/** What `createTables` found or did for one table. */
export type TableReport = Readonly<{
  table: string;
  outcome: 'found' | 'made';
  /** Indexes that an existing table lacked. */
  addedIndexes: readonly string[];
  /** Whether items expire; `unsupported` if the backend has no expiry. Absent for a table that needs none. */
  ttl?: 'found' | 'enabled' | 'unsupported';
}>;

export type CreateTablesOptions = Readonly<{
  /** How the tasks table is partitioned. */
  shards?: TaskShards;
  /** Waits so many milliseconds. Tests replace it. */
  pause?: (ms: number) => Promise<unknown>;
  /** How long to wait for a table or an index in total, in milliseconds. */
  timeoutMs?: number;
}>;

/**
 * Creates missing tables and indexes, and leaves the rest unchanged. Safe to run twice, even at the same time.
 *
 * @throws MiyabiError `configuration` where a table exists with other keys or an index that cannot be repaired.
 * @throws MiyabiError `unavailable` where DynamoDB does not answer, or does not finish in time.
 */
export const createTables = async (
  client: DynamoDBClient,
  names: TableNames,
  { shards = UNSHARDED, pause = pauseFor, timeoutMs = 600_000 }: CreateTablesOptions = {},
): Promise<readonly TableReport[]> => {
  const describe = async (name: string): Promise<TableDescription | undefined> => {
    try {
      return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  };

  const whenActive = async (name: string): Promise<TableDescription> => {
    let waited = 0;
    for (let wait = 10; ; wait = Math.min(wait * 2, 5000)) {
      const table = await describe(name);
      const isActive =
        table?.TableStatus === 'ACTIVE' &&
        (table.GlobalSecondaryIndexes ?? []).every(
          ({ IndexStatus }) => (IndexStatus ?? 'ACTIVE') === 'ACTIVE',
        );
      if (isActive) return table;
      if (waited >= timeoutMs) {
        throw unavailable(`DynamoDB table ${name}`, new Error(`not active after ${timeoutMs} ms`));
      }
      await pause(wait);
      waited += wait;
    }
  };

  const create = async (definition: TableDefinition): Promise<'found' | 'made'> => {
    if ((await describe(definition.name)) !== undefined) return 'found';
    try {
      await client.send(new CreateTableCommand(createInput(definition)));
      return 'made';
    } catch (error) {
      if (isNamed(error, 'ResourceInUseException')) return 'found';
      throw error;
    }
  };

  const addIndexes = async (
    definition: TableDefinition,
    table: TableDescription,
  ): Promise<readonly string[]> => {
    const missing = missingIndexes(definition, table);
    // Attributes that are the key of no index yet are refused.
    const existing = new Set(table.AttributeDefinitions?.map(({ AttributeName }) => AttributeName));
    for (const index of missing) {
      try {
        await client.send(
          new UpdateTableCommand({
            TableName: definition.name,
            AttributeDefinitions: attributeDefinitions(definition).filter(
              ({ AttributeName }) => index.key.includes(AttributeName) || existing.has(AttributeName),
            ),
            GlobalSecondaryIndexUpdates: [{ Create: indexInput(index) }],
          }),
        );
      } catch (error) {
        if (!isNamed(error, 'ValidationException')) throw error;
        throw new MiyabiError(
          'configuration',
          `DynamoDB table ${definition.name} lacks the index ${index.name}, which cannot be added: create the table again, or name another`,
          { cause: error },
        );
      }
      await whenActive(definition.name);
    }
    return missing.map(({ name }) => name);
  };

  const enableTtl = async (name: string, attribute: string): Promise<NonNullable<TableReport['ttl']>> => {
    try {
      const { TimeToLiveDescription: ttl } = await client.send(
        new DescribeTimeToLiveCommand({ TableName: name }),
      );
      if (ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING') {
        if (ttl.AttributeName === attribute) return 'found';
        throw new MiyabiError(
          'configuration',
          `DynamoDB table ${name} expires items by ${ttl.AttributeName}, not by ${attribute}: disable that first`,
        );
      }
      await client.send(
        new UpdateTimeToLiveCommand({
          TableName: name,
          TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
        }),
      );
      return 'enabled';
    } catch (error) {
      if (isNamed(error, 'UnknownOperationException')) return 'unsupported';
      throw error;
    }
  };

  const ensure = async (definition: TableDefinition): Promise<TableReport> => {
    try {
      const outcome = await create(definition);
      const table = await whenActive(definition.name);
      verifyKey(definition, table);
      return {
        table: definition.name,
        outcome,
        addedIndexes: await addIndexes(definition, table),
        ...(definition.ttl === undefined ? {} : { ttl: await enableTtl(definition.name, definition.ttl) }),
      };
    } catch (error) {
      throw translated(definition.name, error);
    }
  };

  if (new Set(Object.values(names)).size < Object.values(names).length) {
    throw new MiyabiError(
      'configuration',
      `Tasks, projects and webhooks need a table each, not ${Object.values(names).join(', ')}`,
    );
  }
  return Promise.all(tableDefinitions(names, shards).map(ensure));
};

const keySchema = ([partition, sort]: readonly [string, string?]): KeySchemaElement[] => [
  { AttributeName: partition, KeyType: 'HASH' },
  ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
];

const indexInput = ({ name, key, includes }: TableDefinition['indexes'][number]): GlobalSecondaryIndex => ({
  IndexName: name,
  KeySchema: keySchema(key),
  Projection:
    includes.length === 0
      ? { ProjectionType: 'KEYS_ONLY' }
      : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...includes] },
});

const attributeDefinitions = ({ attributes }: TableDefinition) =>
  Object.entries(attributes).map(([name, type]) => ({ AttributeName: name, AttributeType: type }));

/** The request that makes a table with its indexes. */
export const createInput = (definition: TableDefinition): CreateTableCommandInput => ({
  TableName: definition.name,
  AttributeDefinitions: attributeDefinitions(definition),
  KeySchema: keySchema(definition.key),
  GlobalSecondaryIndexes: definition.indexes.map(indexInput),
  BillingMode: 'PAY_PER_REQUEST',
});

const sameKey = (
  schema: readonly KeySchemaElement[] | undefined,
  key: readonly [string, string?],
): boolean => {
  const named = (type: string) => schema?.find(({ KeyType }) => KeyType === type)?.AttributeName;
  return named('HASH') === key[0] && named('RANGE') === key[1];
};

const verifyKey = (definition: TableDefinition, table: TableDescription): void => {
  const typed = new Map(table.AttributeDefinitions?.map((it) => [it.AttributeName, it.AttributeType]));
  const isRight =
    sameKey(table.KeySchema, definition.key) &&
    definition.key.every((name) => name === undefined || typed.get(name) === definition.attributes[name]);
  if (isRight) return;
  const wanted = definition.key.filter((name) => name !== undefined).join(' and ');
  throw new MiyabiError(
    'configuration',
    `DynamoDB table ${definition.name} is there with another key than ${wanted}: name another table`,
  );
};

const missingIndexes = (definition: TableDefinition, table: TableDescription): TableDefinition['indexes'] => {
  const found = new Map(table.GlobalSecondaryIndexes?.map((index) => [index.IndexName, index]));
  return definition.indexes.filter((index) => {
    const existing = found.get(index.name);
    if (existing === undefined) return true;
    const projected = existing.Projection?.NonKeyAttributes ?? [];
    const isEnough =
      existing.Projection?.ProjectionType === 'ALL' ||
      index.includes.every((name) => projected.includes(name));
    if (sameKey(existing.KeySchema, index.key) && isEnough) return false;
    throw new MiyabiError(
      'configuration',
      `Index ${index.name} of DynamoDB table ${definition.name} has other keys or attributes than Miyabi needs: delete that index and run this again`,
    );
  });
};
