import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { backfillShards, isBackfilled } from '../../deploy/shard-backfill.ts';
import { dynamodbCheckpoints } from '../../src/adapters/dynamodb/checkpoints.ts';
import { tableDefinitions } from '../../src/adapters/dynamodb/tables.ts';
import { taskKey, taskToItem } from '../../src/adapters/dynamodb/task-item.ts';
import {
  SHARD_STEPS,
  SHARDED_LISTS,
  shardedInto,
  shardKeys,
  shardsIn,
  type TaskShards,
  UNSHARDED,
} from '../../src/adapters/dynamodb/task-shards.ts';
import { dynamodbTaskStore } from '../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { using } from '../../src/contracts/contract.ts';
import { TASK_STATUSES } from '../../src/domain/tasks/status.ts';
import type { StoredTask } from '../../src/domain/tasks/task.ts';
import { toIso } from '../../src/domain/time.ts';
import type { TaskQuery } from '../../src/ports/task-store.ts';
import { type Dynamodb, openShardedDynamodb } from '../support/dynamodb.ts';
import { intercepted, type Sent } from '../support/faulty-dynamodb.ts';
import { rejects, repeats, suite } from '../support/suite.ts';
import { allPages, aTask, NOON, nextOf } from '../support/tasks.ts';

const test = suite('sharded lists on DynamoDB');

const COUNT = 4;
const NAMES = { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' };

/** A table between the two layouts, with the indexes of both. */
const BETWEEN: TaskShards = { count: COUNT, step: SHARDED_LISTS - 1 };
const onBoth = (run: (dynamodb: Dynamodb) => Promise<void>) =>
  using(() => openShardedDynamodb(BETWEEN)((it) => it), run);

const storeOf = ({ client, names }: Dynamodb, shards: TaskShards) =>
  dynamodbTaskStore({ client, tableName: names.tasks, clock: memoryClock(NOON), shards });

const idsOf = (tasks: readonly StoredTask[]) => tasks.map(({ task_id }) => task_id);

const TASKS = repeats({ few: 24, all: 60 });

/** A task of every status, type and project, as many of each status. */
const someTasks = (prefix: string): readonly StoredTask[] =>
  Array.from({ length: TASKS }, (_, index) =>
    aTask(`${prefix}-${index}`, {
      status: TASK_STATUSES[index % TASK_STATUSES.length] ?? 'running',
      task_type: index % 2 === 0 ? 'build' : 'test',
      project_id: `project-${index % 3}`,
      updated_at: toIso(NOON - index * 1000),
    }),
  );

const QUERIES: readonly Omit<TaskQuery, 'limit'>[] = [
  {},
  { statuses: ['running'] },
  { statuses: ['failed', 'running'] },
  { project_id: 'project-1' },
  { project_id: 'project-1', statuses: ['completed'] },
  { task_type: 'test' },
  { task_type: 'test', statuses: ['running', 'pending'] },
  { q: '-1' },
].filter((_, index) => index % repeats({ few: 3, all: 1 }) === 0);

const backfill = (
  { client, names }: Dynamodb,
  options: Partial<Parameters<typeof backfillShards>[0]> = {},
) => {
  const clock = memoryClock(NOON);
  const tableName = names.tasks;
  const checkpoints = dynamodbCheckpoints({ client, tableName, clock });
  return {
    checkpoints,
    run: () =>
      backfillShards({
        client,
        tableName,
        count: COUNT,
        clock,
        checkpoints,
        perSecond: 1000,
        pause: async () => {},
        ...options,
      }),
  };
};

test('a running task has its shard in every key, any other task none', () => {
  const running = shardKeys(aTask('t', { status: 'running', project_id: 'a#1' }), COUNT);
  const [, shard] = /^running(#[0-3])$/.exec(running['status_shard']?.S ?? '') ?? [];
  assert.ok(shard);
  assert.is(running['project_shard']?.S, `a#1${shard}`);
  const completed = shardKeys(aTask('t', { status: 'completed', project_id: 'a#1' }), COUNT);
  assert.equal([completed['status_shard']?.S, completed['project_shard']?.S], ['completed', 'a#1']);
  assert.equal(shardKeys(aTask('t'), 1), {});
});

test('tasks are spread evenly, and a task keeps its shard', () => {
  const shards = Array.from(
    { length: 4000 },
    (_, index) => shardKeys(aTask(`task-${index}`), 16)['status_shard']?.S,
  );
  const counts = new Map<string | undefined, number>();
  for (const shard of shards) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  assert.is(counts.size, 16);
  assert.ok(Math.max(...counts.values()) < 320, `${Math.max(...counts.values())} of 250 on average`);
  // Another value would move every stored task.
  assert.is(shardKeys(aTask('task-1'), 16)['status_shard']?.S, 'running#6');
});

test('each step adds or removes one index, and its number can be read off the table', () => {
  const namesAt = (shards: TaskShards) =>
    tableDefinitions(NAMES, shards)[0]?.indexes.map(({ name }) => name) ?? [];
  let before = namesAt(UNSHARDED);
  for (let step = 1; step <= SHARD_STEPS; step += 1) {
    const names = namesAt({ count: 16, step });
    const changed = [...names, ...before].filter((name) => !(names.includes(name) && before.includes(name)));
    assert.is(changed.length, step === SHARDED_LISTS ? 0 : 1, `step ${step}: ${changed}`);
    const seen = step === SHARDED_LISTS ? SHARDED_LISTS - 1 : step;
    assert.equal(shardsIn(names), { count: 16, step: seen });
    before = names;
  }
  assert.equal(shardsIn(namesAt(UNSHARDED)), UNSHARDED);
});

test(
  'lists of both layouts are equal once the backfill is done, and pages of one go on in the other',
  onBoth(async (dynamodb) => {
    const old = storeOf(dynamodb, UNSHARDED);
    const now = storeOf(dynamodb, shardedInto(COUNT));
    for (const task of someTasks('before')) await old.save(task);
    assert.equal((await now.list({ limit: 10 })).items, [], 'without keys the shards are empty');

    const { run, checkpoints } = backfill(dynamodb);
    assert.not(await isBackfilled(checkpoints, COUNT));
    assert.equal(await run(), { seen: TASKS, filled: TASKS });
    assert.ok(await isBackfilled(checkpoints, COUNT));

    for (const query of QUERIES) {
      const expected = idsOf(await allPages(old, { ...query, limit: 7 }));
      assert.equal(idsOf(await allPages(now, { ...query, limit: 7 })), expected, JSON.stringify(query));
      const first = await old.list({ ...query, limit: 5 });
      if (first.next === undefined) continue;
      const rest = await allPages(now, { ...query, limit: 50, after: first.next });
      assert.equal([...idsOf(first.items), ...idsOf(rest)], expected, JSON.stringify(query));
    }
    assert.equal(await run(), { seen: TASKS, filled: 0 }, 'a second one finds nothing to do');
  }),
);

test.slow(
  'the backfill misses no task that changes meanwhile, and undoes no change',
  onBoth(async (dynamodb) => {
    const old = storeOf(dynamodb, UNSHARDED);
    // The functions of the running system write the keys since step 1.
    const current = storeOf(dynamodb, BETWEEN);
    const tasks = someTasks('moving');
    for (const task of tasks) await old.save(task);
    const moving = tasks.filter((_, index) => index % 5 === 0);
    const changes = moving.map((task, index) => ({
      ...nextOf(task, 1),
      updated_at: toIso(NOON + index),
      status: task.status === 'running' ? ('completed' as const) : ('running' as const),
    }));
    let writes = 0;
    const client = intercepted(dynamodb.client, async ({ name }, send) => {
      const change = name === 'UpdateItemCommand' && writes % 4 === 0 ? changes[writes / 4] : undefined;
      if (name === 'UpdateItemCommand') writes += 1;
      // Between the look at the index and the write of the keys.
      if (change !== undefined) await current.save(change);
      return send();
    });
    await backfill({ ...dynamodb, client }).run();
    const sharded = storeOf(dynamodb, shardedInto(COUNT));
    for (const query of QUERIES) {
      assert.equal(
        await allPages(sharded, { ...query, limit: 9 }),
        await allPages(old, { ...query, limit: 9 }),
        JSON.stringify(query),
      );
    }
    for (const change of changes.slice(0, Math.ceil(writes / 4))) {
      assert.is((await old.find(change.task_id))?.version, 2, change.task_id);
    }
  }),
);

test.slow(
  'a backfill that was interrupted continues where it was, and two at once do not run',
  onBoth(async (dynamodb) => {
    const old = storeOf(dynamodb, UNSHARDED);
    const count = 250;
    for (let index = 0; index < count; index += 1) {
      await old.save(aTask(`t-${index}`, { status: 'completed', updated_at: toIso(NOON - index) }));
    }
    const interrupted = backfill(dynamodb, {
      pause: async () => {
        throw new Error('Ctrl-C');
      },
    });
    await interrupted.run().then(
      () => assert.unreachable(),
      ({ message }) => assert.is(message, 'Ctrl-C'),
    );
    const { run, checkpoints } = backfill(dynamodb);
    assert.not(await isBackfilled(checkpoints, COUNT));
    // The last task of the page that was done is looked at once more.
    assert.equal(await run(), { seen: count - 99, filled: count - 100 });
    assert.is((await allPages(storeOf(dynamodb, shardedInto(COUNT)), { limit: 100 })).length, count);

    const other = backfill(dynamodb);
    let both: Promise<unknown> = Promise.resolve();
    const racing = backfill(dynamodb, {
      onProgress: () => {
        both = other.run().catch(() => {});
      },
      pause: () => both,
    });
    await rejects(racing.run(), 'version_conflict');
  }),
);

test(
  'keys that another number of shards or an older version has left are replaced',
  onBoth(async (dynamodb) => {
    const { client, names } = dynamodb;
    const before = aTask('stale', { status: 'running' });
    await client.send(new PutItemCommand({ TableName: names.tasks, Item: taskToItem(before, 'w', 64) }));
    const keyOf = async () => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: names.tasks, Key: taskKey('stale') }),
      );
      return Item?.['status_shard']?.S;
    };
    await backfill(dynamodb).run();
    const right = shardKeys(before, COUNT)['status_shard']?.S;
    assert.is(await keyOf(), right);
    const read = await storeOf(dynamodb, UNSHARDED).find('stale');
    assert.is(read?.unknown, undefined);
    await storeOf(dynamodb, UNSHARDED).save({ ...nextOf(before, 1), status: 'completed' });
    assert.is(await keyOf(), undefined, 'a version without shards keeps no key that it would let go stale');
  }),
);

test(
  'asks the partitions that can hold a list, each for its share',
  onBoth(async (dynamodb) => {
    const sent: Sent[] = [];
    const client = intercepted(dynamodb.client, (command, send) => {
      sent.push(command);
      return send();
    });
    const tasks = storeOf({ ...dynamodb, client }, shardedInto(COUNT));
    const requested = async (query: Omit<TaskQuery, 'limit'>) => {
      sent.length = 0;
      await tasks.list({ ...query, limit: 20 });
      return sent.map(({ input }) => {
        const values = input['ExpressionAttributeValues'] as Record<string, { S: string }>;
        return `${input['IndexName']} ${values[':hash']?.S} ${input['Limit']}`;
      });
    };
    const shards = (index: string, value: string, limit: number) =>
      Array.from({ length: COUNT }, (_, shard) => `${index}4 ${value}#${shard} ${limit}`);
    assert.equal(await requested({ statuses: ['running', 'failed'] }), [
      ...shards('StatusIndex', 'running', 12),
      'StatusIndex4 failed 22',
    ]);
    assert.is((await requested({})).length, TASK_STATUSES.length - 1 + COUNT);
    assert.equal(await requested({ project_id: 'p' }), [
      'ProjectIndex4 p 22',
      ...shards('ProjectIndex', 'p', 12),
    ]);
    assert.equal(await requested({ project_id: 'p', statuses: ['failed'] }), ['ProjectIndex4 p 402']);
    assert.equal(await requested({ task_type: 'build' }), [
      'TypeIndex4 build 22',
      ...shards('TypeIndex', 'build', 12),
    ]);
    assert.equal(
      await requested({ project_id: 'p', statuses: ['running'] }),
      shards('ProjectIndex', 'p', 202),
    );
  }),
);

test.run();
