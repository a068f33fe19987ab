import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { taskKey } from '../src/adapters/dynamodb/task-item.ts';
import { eventsOf, GOLDEN_LOGS } from './golden/logs.ts';
import { hasRedisServer } from './support/redis.ts';
import { buildOf, lastRelease, startBuilt, withoutLaterFields } from './support/release.ts';
import { startServer } from './support/server.ts';
import { openSharedBackends } from './support/shared-backends.ts';
import { needs, suite } from './support/suite.ts';

/**
 * The last release and this version at once, as in a canary: two servers on one DynamoDB and one Redis, which write the
 * same things in turn.
 */
const release = await lastRelease();
/** The first release loses the attributes that it does not have. */
const keepsUnknown = release.version !== '0.1.0';

let built: Promise<string> | undefined;
const releaseFolder = (): Promise<string> => {
  built ??= buildOf(release.commit);
  return built;
};

type Answer = Readonly<{
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  json: any;
}>;

const clientOf =
  (url: string) =>
  async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const isText = typeof body === 'string';
    const type =
      method === 'PATCH' ? 'application/merge-patch+json' : isText ? 'text/plain' : 'application/json';
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': type, ...headers },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return {
      status: response.status,
      headers: response.headers,
      json: text === '' ? undefined : JSON.parse(text),
    };
  };

type Call = ReturnType<typeof clientOf>;
type World = Readonly<{
  old: Call;
  now: Call;
  client: DynamoDBClient;
  tasksTable: string;
  errors(): string;
}>;

const sideBySide = (run: (world: World) => Promise<void>) => async () => {
  const folder = await releaseFolder();
  const { client, tables, env: shared, close } = await openSharedBackends();
  const env = { ...shared, COLLECT_INTERVAL_MS: '1000' };
  const [old, now] = await Promise.all([startBuilt(folder, env), startServer(env)]);
  try {
    await run({
      old: clientOf(old.url),
      now: clientOf(now.url),
      client,
      tasksTable: tables.tasks,
      errors: () => old.errors() + now.errors(),
    });
    const logged = (old.errors() + old.output() + now.errors() + now.output())
      .split('\n')
      .filter((line) => line.startsWith('{'));
    assert.equal(logged, [], 'neither version has logged an error');
  } finally {
    now.process.kill('SIGTERM');
    await Promise.all([old.stop(), now.ended]);
    await close();
  }
};

/** The same from both versions, from the cache and with the details, but for what one does not know. */
const assertAgree = async ({ old, now }: World, path: string): Promise<Answer['json']> => {
  const read = async () => [(await old('GET', path)).json, (await now('GET', path)).json] as const;
  let [one, other] = await read();
  // A collector may mark tasks as stale between the two answers. A disagreement that lasts is one.
  for (let again = 0; again < 5 && !isDeepStrictEqual(one, withoutLaterFields(other)); again += 1)
    [one, other] = await read();
  assert.equal(one, withoutLaterFields(other), path);
  return other;
};

const title = (text: string) => `${release.version} and this version: ${text}`;
const test = suite('two versions side by side');
const isThere = release.missing === undefined && hasRedisServer;
const both = needs(test, isThere, release.missing ?? 'redis-server is not on the PATH');

both(
  title('tasks that both write in turn lose nothing; details, lists and metrics agree'),
  sideBySide(async (world) => {
    const { old, now } = world;
    const turns = [old, now] as const;
    const callOf = (step: number): Call => turns[step % 2] ?? now;
    const ids = Array.from({ length: 6 }, (_, index) => `task-${index}`);
    for (const [index, task_id] of ids.entries()) {
      await callOf(index)('POST', '/api/tasks', {
        task_id,
        task_name: `Task ${index}`,
        project_id: 'shared',
        status: 'running',
        progress: { current: 0, total: 100 },
        labels: { made: String(index % 2) },
        metadata: { kept: { by: ['both'] } },
        github: { issue_number: index + 1 },
      });
      for (let step = 1; step <= 6; step += 1) {
        const { json } = await callOf(index + step)('POST', `/api/tasks/${task_id}/progress`, {
          current: step * 10,
          phase: `phase ${step}`,
          message: `step ${step}`,
        });
        assert.is(json.version, step + 1);
      }
      await callOf(index)('PATCH', `/api/tasks/${task_id}`, { labels: { patched: 'yes' } });
      await callOf(index + 1)('PATCH', `/api/tasks/${task_id}`, { details: { current_step: 'last' } });
      const task = await assertAgree(world, `/api/tasks/${task_id}`);
      assert.is(task.version, 9);
      assert.is(task.progress.current, 60);
      assert.equal(task.labels, { made: String(index % 2), patched: 'yes' });
      assert.equal(task.metadata, { kept: { by: ['both'] } });
      assert.equal(task.github, { issue_number: index + 1 });
      assert.is(task.details.phase, 'phase 6');
      assert.is(task.details.current_step, 'last');
      const { history } = await assertAgree(world, `/api/tasks/${task_id}/history`);
      assert.equal(
        history.map(({ current }: { current: number }) => current),
        [0, 10, 20, 30, 40, 50, 60],
      );
    }
    for (const [index, task_id] of ids.entries()) {
      await callOf(index)('POST', `/api/tasks/${task_id}/progress`, {
        status: index < 4 ? 'completed' : 'failed',
      });
      if (index === 0) await callOf(index + 1)('POST', `/api/tasks/${task_id}/reopen`, {});
    }
    const list = await assertAgree(world, '/api/tasks?project_id=shared&limit=100');
    assert.equal(list.tasks.map(({ task_id }: { task_id: string }) => task_id).sort(), ids);
    for (const task of list.tasks)
      assert.equal(await assertAgree(world, `/api/tasks/${task.task_id}`), task, 'list and details agree');
    const { metrics } = await assertAgree(world, '/api/projects/shared');
    const { total_tasks, active_tasks, completed_tasks, failed_tasks } = metrics;
    assert.equal(
      { total_tasks, active_tasks, completed_tasks, failed_tasks },
      { total_tasks: 6, active_tasks: 1, completed_tasks: 3, failed_tasks: 2 },
    );
    await now('DELETE', '/api/tasks/task-1');
    await old('DELETE', '/api/tasks/task-2');
    const left = await assertAgree(world, '/api/tasks?project_id=shared&limit=100');
    assert.is(left.tasks.length, 4);
  }),
  { slow: true },
);

both(
  title('log lines of one stream that both take in turn end as if one had taken them all'),
  sideBySide(async (world) => {
    const { old, now } = world;
    const start = Date.now() - 1_800_000;
    for (const { format, begin, end } of GOLDEN_LOGS) {
      if (format === 'importer') continue;
      const events = eventsOf([...begin, ...end], start);
      const send = async (call: Call, log_group: string, from: number, to: number) =>
        call('POST', '/api/logs', {
          log_group,
          log_stream: format,
          project_id: `${format}-${log_group}`,
          events: events.slice(from, to),
        });
      const size = 240;
      for (let from = 0, round = 0; from < events.length; from += size, round += 1) {
        await send(round % 2 === 0 ? old : now, 'shared', from, from + size);
        // Again, as after a lost answer, by the other one.
        if (round === 2) {
          const { json } = await send(now, 'shared', from, from + size);
          assert.is(json.records, 0, `${format}: nothing is counted twice`);
        }
      }
      for (let from = 0; from < events.length; from += 400) await send(now, 'alone', from, from + 400);
      const tasksOf = async (project: string) =>
        (await assertAgree(world, `/api/tasks?project_id=${project}&limit=100`)).tasks
          // biome-ignore lint/suspicious/noExplicitAny: a task of the API
          .map((task: any) => [task.task_name, task.status, task.progress, task.details.outcome])
          .sort();
      const shared = await tasksOf(`${format}-shared`);
      assert.equal(shared, await tasksOf(`${format}-alone`), format);
      assert.ok(
        shared.some(([, status]: readonly string[]) => status === 'completed'),
        format,
      );
    }
    const piece = (call: Call, offset: number, text: string) =>
      call('POST', `/api/logs/text?log_group=text&log_stream=s&project_id=text&offset=${offset}`, text);
    assert.is((await piece(old, 0, 'Processing 1/9\nProcess')).json.next_offset, 22);
    assert.is((await piece(now, 22, 'ing 2/9\nProcessi')).json.next_offset, 38);
    const last = await piece(old, 30, 'Processing 3/9\n');
    assert.is(last.json.tasks[0].progress.current, 3);
  }),
  { slow: true },
);

both(
  title('projects, webhooks and idempotency keys are shared; attributes that neither knows survive'),
  sideBySide(async (world) => {
    const { old, now, client, tasksTable } = world;
    await old('POST', '/api/projects', { project_id: 'shared', project_name: 'Shared' });
    const url = 'http://127.0.0.1:1/hook';
    const made = await old('POST', '/api/projects/shared/webhooks', { url });
    const { webhook_id } = made.json.webhook ?? made.json;
    await now('PATCH', `/api/projects/shared/webhooks/${webhook_id}`, { events: ['task.failed'] });
    await now('POST', '/api/projects/shared/webhooks', { url: `${url}/2` });
    await old('POST', `/api/projects/shared/webhooks/${webhook_id}/rotate`, {});
    const { webhooks } = await assertAgree(world, '/api/projects/shared/webhooks');
    assert.equal(
      webhooks.map(({ events, version }: { events: readonly string[]; version: number }) => [
        events.length,
        version,
      ]),
      [
        [1, 3],
        [3, 1],
      ],
    );
    const key = { 'idempotency-key': 'shared-key' };
    const task = { task_id: 'once', task_name: 'Once', project_id: 'shared' };
    await now('POST', '/api/tasks', task, key);
    const again = await old('POST', '/api/tasks', task, key);
    assert.is(again.headers.get('idempotent-replayed'), 'true');
    await now('PATCH', '/api/projects/shared', { owner: 'a' });
    await old('PATCH', '/api/projects/shared', { description: 'b' });
    const project = await assertAgree(world, '/api/projects/shared');
    assert.is(project.owner, 'a');
    assert.is(project.description, 'b');

    const later: Record<string, AttributeValue> = { later: { M: { inner: { S: 'kept' } } } };
    const read = async (id: string) =>
      (
        await client.send(
          new GetItemCommand({ TableName: tasksTable, Key: taskKey(id), ConsistentRead: true }),
        )
      ).Item ?? {};
    await old('POST', '/api/tasks', { task_id: 't', task_name: 'T', project_id: 'p', status: 'running' });
    const item = await read('t');
    await client.send(new PutItemCommand({ TableName: tasksTable, Item: { ...item, ...later } }));
    for (let current = 1; current <= 3; current += 1) {
      await now('POST', '/api/tasks/t/progress', { current });
      if (keepsUnknown) await old('POST', '/api/tasks/t/progress', { current });
    }
    await now('PATCH', '/api/tasks/t', { description: 'changed' });
    assert.equal((await read('t'))['later'], later['later']);
    const seen = await old('GET', '/api/tasks/t');
    assert.is(seen.json.description, 'changed');
    assert.is(seen.json.later, undefined);
  }),
  { slow: true },
);

test.run();
