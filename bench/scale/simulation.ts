import type { Item } from '../../src/adapters/dynamodb/attributes.ts';
import { tableDefinitions } from '../../src/adapters/dynamodb/tables.ts';
import { pointToItem, taskToItem } from '../../src/adapters/dynamodb/task-item.ts';
import { LIST_INDEXES, type TaskShards } from '../../src/adapters/dynamodb/task-shards.ts';
import { createTask, type StoredTask } from '../../src/domain/tasks/task.ts';
import { toIso } from '../../src/domain/time.ts';

/** The load. Every number is an assumption that can be changed here. */
export const LOAD = {
  storedTasks: 10_000_000,
  keptDays: 90,
  updatesPerSecond: 5_000,
  /** Each reports every five seconds. */
  runningTasks: 25_000,
  projects: 2_000,
  types: { cdk_deploy: 0.4, build: 0.3, agent: 0.2, test: 0.1 },
  /** How long is simulated. */
  seconds: 10,
} as const;

/** What DynamoDB gives one partition, regardless of the capacity of the table. */
export const PARTITION_UNITS = 1_000;

const NOW = Date.UTC(2026, 10, 28, 12);

/** Write units in a second: of one index, or of the table itself. */
export type Measured = Readonly<{
  index: string;
  /** Of all partition keys together, on average. */
  units: number;
  keys: number;
  hottest: string;
  /** Of the hottest partition key, in its busiest second. */
  hottestUnits: number;
}>;

/** Bytes of an item, by DynamoDB's rules. */
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0);

const sizeOfValue = (value: Item[string]): number => {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  // Two digits take a byte, and one more is for the sign and the exponent.
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (value.L !== undefined) return value.L.reduce((sum, one) => sum + 1 + sizeOfValue(one), 3);
  if (value.M !== undefined) return 3 + sizeOf(value.M) + Object.keys(value.M).length;
  return 1;
};

const unitsOf = (bytes: number): number => Math.ceil(bytes / 1024);

/** A random number below 1 at each call, the same ones in each run (mulberry32). */
const seeded = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Picks an index with the probability of its weight. */
const weighted = (weights: readonly number[], random: () => number) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let passed = 0;
  const bounds = weights.map((weight) => {
    passed += weight / total;
    return passed;
  });
  return (): number => {
    const at = random();
    const found = bounds.findIndex((bound) => at < bound);
    return found === -1 ? weights.length - 1 : found;
  };
};

/** Running tasks as they are stored: types by their shares, projects by Zipf's law, the first with an eighth of all. */
const runningTasks = (random: () => number): readonly StoredTask[] => {
  const types = Object.keys(LOAD.types);
  const typeOf = weighted(Object.values(LOAD.types), random);
  const projectOf = weighted(
    Array.from({ length: LOAD.projects }, (_, rank) => 1 / (rank + 1)),
    random,
  );
  return Array.from({ length: LOAD.runningTasks }, (_, index) => {
    const { task } = createTask(
      {
        task_name: `Deploy the shop, part ${index}`,
        task_type: types[typeOf()] ?? 'custom',
        project_id: `project-${projectOf()}`,
        status: 'running',
        progress: { current: 12, total: 67 },
        details: {
          phase: 'Creating resources',
          log_group: '/aws/codebuild/shop',
          log_stream: `run-${index}`,
        },
        labels: { team: 'shop' },
      },
      { id: `task-${String(index).padStart(8, '0')}`, now: NOW },
    );
    return task;
  });
};

export type Simulated = Readonly<{
  measured: readonly Measured[];
  /** Write units of one progress report, with its point of the history. */
  unitsPerUpdate: number;
  taskBytes: number;
  indexBytes: number;
  pointBytes: number;
}>;

/**
 * Reports progress at the rate of `LOAD` and counts the write units of every partition key, by the key schema and the
 * items of the adapters in a table with these shards.
 */
export const simulate = (shards: TaskShards): Simulated => {
  const random = seeded(7);
  const tasks = runningTasks(random);
  const [table] = tableDefinitions({ tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' }, shards);
  if (table === undefined) throw new Error('There is a tasks table');
  // A report changes `updated_key`: the old entry is deleted and a new one is put.
  const indexes = table.indexes.filter(({ key: [hash] }) =>
    Object.values(LIST_INDEXES).some(({ field, shard }) => field === hash || shard === hash),
  );
  const items = tasks.map((task) => taskToItem(task, '00000000-0000-0000-0000-000000000000', shards.count));
  const entryBytes = (item: Item, { key, includes }: (typeof indexes)[number]): number =>
    sizeOf(
      Object.fromEntries(
        [...table.key, ...key, ...includes].flatMap((name) =>
          name === undefined || item[name] === undefined ? [] : [[name, item[name]]],
        ),
      ),
    );
  const point = pointToItem(
    'task-00000000',
    { timestamp: toIso(NOW), current: 12, total: 67, percentage: 17.9, status: 'running', phase: 'Creating' },
    NOW,
  );
  const pointBytes = sizeOf(point);

  // What each task writes: partition keys of the table and its indexes, with units.
  const writes = tasks.map(({ task_id }, index) => {
    const item = items[index] ?? {};
    return [
      ['table', task_id, unitsOf(sizeOf(item)) + unitsOf(pointBytes)] as const,
      ...indexes.map(
        (definition) =>
          [
            definition.name,
            item[definition.key[0]]?.S ?? '',
            2 * unitsOf(entryBytes(item, definition)),
          ] as const,
      ),
    ];
  });

  const totals = new Map<
    string,
    { units: number; keys: Set<string>; hottest: string; hottestUnits: number }
  >();
  for (let second = 0; second < LOAD.seconds; second += 1) {
    const inSecond = new Map<string, Map<string, number>>();
    for (let update = 0; update < LOAD.updatesPerSecond; update += 1) {
      for (const [index, key, units] of writes[Math.floor(random() * writes.length)] ?? []) {
        const keys = inSecond.get(index) ?? new Map<string, number>();
        keys.set(key, (keys.get(key) ?? 0) + units);
        inSecond.set(index, keys);
      }
    }
    for (const [index, keys] of inSecond) {
      const total = totals.get(index) ?? { units: 0, keys: new Set(), hottest: '', hottestUnits: 0 };
      for (const [key, units] of keys) {
        total.units += units;
        total.keys.add(key);
        if (units > total.hottestUnits) Object.assign(total, { hottest: key, hottestUnits: units });
      }
      totals.set(index, total);
    }
  }
  const [first = {}] = items;
  return {
    measured: [...totals].map(([index, { units, keys, hottest, hottestUnits }]) => ({
      index,
      units: Math.round(units / LOAD.seconds),
      keys: keys.size,
      hottest: index === 'table' ? 'a task' : hottest,
      hottestUnits,
    })),
    unitsPerUpdate: (writes[0] ?? []).reduce((sum, [, , units]) => sum + units, 0),
    taskBytes: sizeOf(first),
    indexBytes: indexes.reduce((sum, definition) => sum + entryBytes(first, definition), 0),
    pointBytes,
  };
};
