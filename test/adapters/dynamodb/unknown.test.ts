import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import type { Item } from '../../../src/adapters/dynamodb/attributes.ts';
import { projectKey, projectToItem } from '../../../src/adapters/dynamodb/project-item.ts';
import { dynamodbProjectStore } from '../../../src/adapters/dynamodb/project-store.ts';
import { taskKey, taskToItem } from '../../../src/adapters/dynamodb/task-item.ts';
import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { dynamodbTaskTally } from '../../../src/adapters/dynamodb/task-tally.ts';
import { projectWebhooksKey, projectWebhooksToItem } from '../../../src/adapters/dynamodb/webhook-item.ts';
import { dynamodbWebhookStore } from '../../../src/adapters/dynamodb/webhook-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { type Open, using } from '../../../src/contracts/contract.ts';
import { countedOf } from '../../../src/domain/projects/metrics.ts';
import { patchProject } from '../../../src/domain/projects/project.ts';
import { patchTask, reopenTask, reportProgress, type StoredTask } from '../../../src/domain/tasks/task.ts';
import { createWebhook, patchWebhook, rotateSecret } from '../../../src/domain/webhooks/webhook.ts';
import { type Dynamodb, onEveryDynamodb } from '../../support/dynamodb.ts';
import { suite } from '../../support/suite.ts';
import { aProject, aTask, NOON } from '../../support/tasks.ts';

/** Attributes of every kind that a later version may have written. */
const LATER: Item = {
  later_text: { S: 'kept' },
  later_bytes: { B: new Uint8Array([1, 2, 255]) },
  later_set: { SS: ['a', 'b'] },
  later_map: { M: { inner: { L: [{ N: '1' }, { NULL: true }, { BOOL: false }] } } },
};

const withLater = (item: Item, ...maps: readonly string[]): Item => ({
  ...item,
  ...LATER,
  ...Object.fromEntries(maps.map((name) => [name, { M: { ...item[name]?.M, ...LATER } }])),
});

const assertLater = (item: Item | undefined, ...maps: readonly string[]): void => {
  for (const [name, value] of Object.entries(LATER)) {
    assert.equal(item?.[name], value, name);
    for (const map of maps) assert.equal(item?.[map]?.M?.[name], value, `${map}.${name}`);
  }
};

const world = ({ client, names }: Dynamodb) => {
  const sent: string[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      sent.push(context.commandName ?? '');
      return next(args);
    },
    { step: 'initialize', name: 'recorded', override: true },
  );
  const clock = memoryClock(NOON);
  return {
    client,
    names,
    sent,
    tasks: dynamodbTaskStore({ client, tableName: names.tasks, clock }),
    tally: dynamodbTaskTally({ client, tableName: names.tasks }),
    projects: dynamodbProjectStore({ client, tableName: names.projects }),
    webhooks: dynamodbWebhookStore({ client, tableName: names.webhooks }),
  };
};

const put = (client: DynamoDBClient, TableName: string, item: Item) =>
  client.send(new PutItemCommand({ TableName, Item: item }));

const get = async (client: DynamoDBClient, TableName: string, Key: Item): Promise<Item | undefined> =>
  (await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;

const CHANGES: readonly (readonly [string, (task: StoredTask) => StoredTask | undefined])[] = [
  ['a report', (task) => reportProgress(task, { current: 7, phase: 'next' }, NOON + 1).task],
  ['a patch', (task) => patchTask(task, { labels: { a: 'b' }, github: { pr_number: 3 } }, NOON + 1)?.task],
  ['an end', (task) => reportProgress(task, { status: 'failed' }, NOON + 1).task],
  ['a reopening', (task) => reopenTask({ ...task, status: 'failed' }, {}, NOON + 1).task],
];

const unknownAttributes = (adapter: string, open: Open<ReturnType<typeof world>>): void => {
  const test = suite(`attributes of a later version: ${adapter}`);

  for (const [name, change] of CHANGES) {
    test(
      `survive ${name} of a task, which is one request`,
      using(open, async ({ client, names, sent, tasks }) => {
        const maps = ['details', 'progress', 'github'];
        const item = taskToItem(aTask('t', { github: { issue_number: 1 } }), 'w');
        await put(client, names.tasks, withLater(item, ...maps));
        const task = await tasks.find('t');
        assert.ok(task);
        const next = change(task);
        assert.ok(next);
        sent.length = 0;
        await tasks.save(next);
        assert.equal(sent, ['PutItemCommand']);
        const stored = await get(client, names.tasks, taskKey('t'));
        assert.is(stored?.['version']?.N, '2');
        assertLater(stored, ...maps);
        assert.equal(await tasks.find('t'), next);
      }),
    );
  }

  test(
    'of a map go with the map',
    using(open, async ({ client, names, tasks }) => {
      const item = taskToItem(aTask('t', { github: { issue_number: 1 } }), 'w');
      await put(client, names.tasks, withLater(item, 'github'));
      const task = await tasks.find('t');
      const next = task && patchTask(task, { github: null }, NOON + 1)?.task;
      assert.ok(next);
      await tasks.save(next);
      const stored = await get(client, names.tasks, taskKey('t'));
      assert.is(stored?.['github'], undefined);
      assertLater(stored);
    }),
  );

  test(
    'survive what notes that a task was counted',
    using(open, async ({ client, names, tally }) => {
      const task = aTask('t');
      await put(client, names.tasks, withLater(taskToItem(task, 'w')));
      await tally.markAccounted(task, countedOf(task), true);
      assertLater(await get(client, names.tasks, taskKey('t')));
    }),
  );

  test(
    'survive a change of a project, in its maps too',
    using(open, async ({ client, names, projects }) => {
      await put(client, names.projects, withLater(projectToItem(aProject('p'), 'w'), 'metrics', 'resources'));
      const project = await projects.find('p');
      const next = project && patchProject(project, { owner: 'o', resources: { s3_bucket: 'b' } }, NOON + 1);
      assert.ok(next);
      await projects.save(next);
      assertLater(await get(client, names.projects, projectKey('p')), 'metrics', 'resources');
    }),
  );

  test(
    'survive a change of webhooks: of the set, of each webhook, and of the events that each wants',
    using(open, async ({ client, names, webhooks }) => {
      const made = ['a', 'b'].map((id) =>
        createWebhook({ url: 'https://example.org' }, { id, project_id: 'p', secret: 'whsec_x', now: NOON }),
      );
      const set = {
        project_id: 'p',
        project_created_at: '2026-11-23T12:00:00.000Z',
        version: 1,
        webhooks: made,
      };
      const item = projectWebhooksToItem(set, 'w');
      const later = (item['webhooks']?.L ?? []).map(({ M = {} }) => ({
        M: { ...M, ...LATER, events: { L: [{ S: 'task.started' }, { S: 'task.failed' }] } },
      }));
      await put(client, names.webhooks, { ...withLater(item), webhooks: { L: later } });
      const found = await webhooks.find('p');
      const [first, second] = found?.webhooks ?? [];
      assert.ok(found && first && second);
      assert.equal(first.events, ['task.failed']);
      const changed = [
        patchWebhook(first, { active: false }, NOON + 1) ?? first,
        rotateSecret(second, 'whsec_y', NOON + 1) ?? second,
      ];
      await webhooks.save({ ...found, version: 2, webhooks: changed });
      const stored = await get(client, names.webhooks, projectWebhooksKey('p'));
      assertLater(stored);
      for (const { M: webhook } of stored?.['webhooks']?.L ?? []) {
        assertLater(webhook);
        assert.equal(webhook?.['events'], { L: [{ S: 'task.failed' }, { S: 'task.started' }] });
      }
      assert.is(stored?.['webhooks']?.L?.[0]?.M?.['active']?.BOOL, false);
      assert.is(stored?.['webhooks']?.L?.[1]?.M?.['secret']?.S, 'whsec_y');
    }),
  );

  test(
    'that only an earlier version wrote and read are not kept',
    using(open, async ({ client, names, tasks }) => {
      await put(client, names.tasks, { ...taskToItem(aTask('t'), 'w'), trail: { L: [{ S: 'x' }] } });
      assert.equal(await tasks.find('t'), aTask('t'));
    }),
  );

  test(
    'where they change the meaning of the others, the item is refused by a message that says what to do',
    using(open, async ({ client, names, tasks }) => {
      await put(client, names.tasks, { ...taskToItem(aTask('t'), 'w'), schema: { N: '2' } });
      try {
        await tasks.find('t');
        assert.unreachable();
      } catch (error) {
        assert.is(
          String(error),
          'MiyabiError: Task t was stored by a newer Miyabi, as version 2 of its schema; this one reads version 1: update it',
        );
      }
    }),
  );

  test.run();
};

onEveryDynamodb('Attributes of a later version', unknownAttributes, world);
