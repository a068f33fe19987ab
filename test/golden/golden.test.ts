import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type AttributeValue, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { needs, repeats, suite } from '../support/suite.ts';
import * as assert from 'uvu/assert';
import { cursorFromJson } from '../../src/adapters/cloudwatch/cursor.ts';
import { openTestDynamodb } from '../support/dynalite.ts';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { projectFromItem } from '../../src/adapters/dynamodb/project-item.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { pointFromItem, taskFromItem } from '../../src/adapters/dynamodb/task-item.ts';
import { deliveryFromItem, lastFromItem, projectWebhooksFromItem } from '../../src/adapters/dynamodb/webhook-item.ts';
import { marksFromJson } from '../../src/adapters/file/marks.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memoryWebhookClient } from '../../src/adapters/memory/webhook-client.ts';
import { loadPatterns } from '../../src/adapters/re2/pattern.ts';
import { redisChangeFeed } from '../../src/adapters/redis/change-feed.ts';
import { redisProjectCache } from '../../src/adapters/redis/project-cache.ts';
import { redisTaskCache } from '../../src/adapters/redis/task-cache.ts';
import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { claim, leftovers } from '../../src/cli/run/spool.ts';
import { readConfig } from '../../src/config.ts';
import { compose } from '../../src/container/compose.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { LogFormat } from '../../src/domain/logs/format.ts';
import { customFormats } from '../../src/domain/logs/formats/custom.ts';
import { formatsWith } from '../../src/domain/logs/formats/registry.ts';
import { advance } from '../../src/domain/logs/ledger.ts';
import { logReader } from '../../src/domain/logs/signals.ts';
import { ledgerFromJson, ledgerToJson } from '../../src/domain/logs/stored-ledger.ts';
import { caller } from '../support/api.ts';
import { hasRedisServer, onStandaloneRedis } from '../support/redis.ts';
import { temporaryFolder } from '../support/server.ts';
import { CUSTOM_FORMATS, eventsOf, GOLDEN_GROUP, GOLDEN_LOGS } from './logs.ts';

/**
 * What each release has stored, as `record.ts` recorded it, read by this version: for ever. Whatever changes, it is
 * read, healed, or refused by an error that names it.
 */
const HERE = fileURLToPath(new URL('.', import.meta.url));
const RELEASES = readdirSync(HERE).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
const NAMES = { tasks: 'golden-tasks', projects: 'golden-projects', webhooks: 'golden-webhooks' };

type Item = Record<string, AttributeValue>;

const readJson = (...path: readonly string[]) => JSON.parse(readFileSync(join(HERE, ...path), 'utf8'));

/** Items with their binary values as bytes again. */
const itemsOf = (release: string, table: keyof typeof NAMES): readonly Item[] =>
  readJson(release, 'dynamodb.json')[table].map((item: Record<string, { B?: string }>) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => [
        name,
        value.B === undefined ? value : { B: Buffer.from(value.B, 'base64') },
      ]),
    ),
  );

const checkpointsOf = async (release: string, kind: string): Promise<ReadonlyMap<string, Json>> => {
  const prefix = `checkpoint#${kind}#`;
  const found = itemsOf(release, 'tasks').filter(({ task_id }) => task_id?.S?.startsWith(prefix));
  return new Map(
    await Promise.all(
      found.map(
        async ({ task_id, value }) =>
          [
            task_id?.S?.slice(prefix.length) ?? '',
            JSON.parse((await promisify(gunzip)(value?.B ?? new Uint8Array())).toString()),
          ] as const,
      ),
    ),
  );
};

const loadFormats = async (): Promise<readonly LogFormat[]> =>
  formatsWith(customFormats(CUSTOM_FORMATS, await loadPatterns()));

/** Adds the lines that end a log to a ledger that was stored in the middle of it. */
const endOf = (json: Json, name: string, formats: readonly LogFormat[], logsFrom: number) => {
  const byName = new Map(formats.map((format) => [format.name, format]));
  const log = GOLDEN_LOGS.find(({ format }) => format === name);
  assert.ok(log, name);
  const read = ledgerFromJson(json, byName);
  const events = eventsOf(log.end, logsFrom, log.begin.length);
  const step = advance(read.ledger, logReader(formats).read(events).ofStream, byName, { wholeTask: false });
  return { changes: step.changes, dropped: [...read.dropped, ...step.dropped], ledger: step.ledger };
};

for (const release of RELEASES) {
  const test = suite(`what ${release} stored`);
  const answers = readJson(release, 'answers.json');

  /** The services of this version on that release's tables, at the moment when they were recorded. */
  const withTables = (run: (world: Awaited<ReturnType<typeof open>>) => Promise<void>) => async () => {
    const world = await open();
    try {
      await run(world);
    } finally {
      await world.close();
    }
  };
  const open = async () => {
    const dynamodb = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: dynamodb.endpoint });
    await createTables(client, NAMES);
    for (const table of ['tasks', 'projects', 'webhooks'] as const) {
      const items = itemsOf(release, table);
      for (let from = 0; from < items.length; from += 25)
        await client.send(
          new BatchWriteItemCommand({
            RequestItems: {
              [NAMES[table]]: items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } })),
            },
          }),
        );
    }
    const { writeFile } = await import('node:fs/promises');
    const formatsFile = join(await temporaryFolder(), 'formats.json');
    await writeFile(formatsFile, JSON.stringify(CUSTOM_FORMATS));
    const clock = memoryClock(answers.at);
    const logger = memoryLogger();
    const composition = await compose(
      readConfig({
        MIYABI_BACKEND: 'memory',
        TASK_STORE: 'dynamodb',
        DYNAMODB_ENDPOINT: dynamodb.endpoint,
        AWS_REGION: 'eu-central-1',
        TASKS_TABLE_NAME: NAMES.tasks,
        PROJECTS_TABLE_NAME: NAMES.projects,
        WEBHOOKS_TABLE_NAME: NAMES.webhooks,
        MIYABI_LOG_FORMATS: formatsFile,
        WEBHOOK_ALLOW: '127.0.0.0/8',
      }),
      { clock, logger, webhookClient: memoryWebhookClient() },
    );
    const app = httpApp({ ...composition, cursors: signedCursors(answers.secret) }, logger, {});
    return {
      app,
      call: caller(app),
      clock,
      logger,
      close: async () => {
        await composition.close();
        client.destroy();
        await dynamodb.close();
      },
    };
  };

  test(
    'is answered as that release answered it: tasks, histories, projects and webhooks',
    withTables(async ({ call }) => {
      const list = await call('GET', '/api/tasks?limit=100');
      assert.equal(list.json.tasks, answers.tasks);
      for (const task of answers.tasks)
        assert.equal((await call('GET', `/api/tasks/${task.task_id}`)).json, task);
      for (const [id, history] of Object.entries(answers.histories))
        assert.equal((await call('GET', `/api/tasks/${id}/history`)).json.history, history);
      assert.equal((await call('GET', '/api/projects?limit=100')).json.projects, answers.projects);
      const { webhooks } = (await call('GET', '/api/projects/shop/webhooks')).json;
      const lasting = ({ last_delivery: _last, ...webhook }: { last_delivery: unknown }) => webhook;
      // That release had one format.
      const expected = answers.webhooks.map((webhook: Parameters<typeof lasting>[0]) => ({ ...lasting(webhook), format: 'generic' }));
      assert.equal(webhooks.map(lasting), expected);
      assert.is(webhooks[0].last_delivery.outcome, 'retrying');
    }),
  );

  test.slow(
    'can be changed: each task, project and webhook takes a write, and its pending events are published',
    withTables(async ({ call }) => {
      for (const { task_id, version } of answers.tasks) {
        const { status, json } = await call(
          'PATCH',
          `/api/tasks/${task_id}`,
          { labels: { seen: 'yes' } },
          { 'content-type': 'application/merge-patch+json' },
        );
        assert.is(status, 200, JSON.stringify(json));
        assert.is(json.version, version + 1);
      }
      const patched = await call('PATCH', '/api/projects/shop', { owner: 'others' }, { 'content-type': 'application/merge-patch+json' });
      assert.is(patched.status, 200);
      const { webhook_id } = answers.webhooks[0];
      assert.is((await call('POST', `/api/projects/shop/webhooks/${webhook_id}/rotate`, {})).status, 200);
    }),
  );

  test(
    'goes on: every stored log ends its run when its last lines arrive',
    withTables(async ({ call }) => {
      for (const { format, begin, end } of GOLDEN_LOGS) {
        const { status, json } = await call('POST', '/api/logs', {
          log_group: GOLDEN_GROUP,
          log_stream: format,
          project_id: 'logs',
          events: eventsOf(end, answers.logsFrom, begin.length),
        });
        assert.is(status, 200, JSON.stringify(json));
        assert.ok(
          json.tasks.some((task: { status: string }) => task.status === 'completed'),
          `${format}: ${JSON.stringify(json)}`,
        );
      }
    }),
  );

  test(
    'an idempotent request, an estimate and a text log go on where they were',
    withTables(async ({ app, call }) => {
      const task = { task_id: 'once', task_name: 'Once', project_id: 'shop' };
      const again = await app({
        method: 'POST',
        path: '/api/tasks',
        search: '',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'golden-key' },
        bytes: Buffer.from(JSON.stringify(task)),
      });
      assert.is(again.status, 201, String(again.body));
      assert.is(again.headers['idempotent-replayed'], 'true');
      const running = { task_name: 'Nightly', project_id: 'shop', status: 'running', progress: { current: 1, total: 4 } };
      const created = await call('POST', '/api/tasks', { task_id: 'fourth-run', ...running });
      assert.is(created.status, 201);
      const reported = await call('POST', '/api/tasks/fourth-run/progress', { current: 2 });
      assert.type(reported.json.eta_seconds, 'number');
      const text = await call(
        'POST',
        '/api/logs/text?log_group=text&log_stream=piece&project_id=shop',
        'essing 5/9\n',
        { 'content-type': 'text/plain' },
      );
      assert.is(text.json.tasks[0].progress.current, 5, text.text);
    }),
  );

  test(
    'a cursor goes on, or is refused as one that this list has not given',
    withTables(async ({ call }) => {
      for (const [name, path] of [
        ['tasks', '/api/tasks?limit=2'],
        ['history', '/api/tasks/full/history?limit=2'],
        ['projects', '/api/projects?limit=1'],
      ] as const) {
        const { status, json, text } = await call('GET', `${path}&cursor=${answers.cursors[name]}`);
        if (status === 200) continue;
        assert.is(status, 400, text);
        assert.is(json.fields[0].path, 'cursor');
      }
    }),
  );

  test('the cursors of log sources are read', async () => {
    const places = await checkpointsOf(release, 'source');
    const cursorOf = (group: string) => {
      const place = places.get(group);
      return isJsonObject(place) ? place['cursor'] : undefined;
    };
    const marks = marksFromJson(cursorOf('nightly'));
    assert.equal([marks.marks.length, marks.damaged], [1, []]);
    const { cursor, damaged: field } = cursorFromJson(cursorOf('/golden/cloudwatch'));
    assert.ok((cursor?.read_to ?? 0) > 0);
    assert.is(field, undefined);
  });

  test.slow('a cursor that was damaged anywhere, or is of a later version, is read again from what is left of it', async () => {
    const places = await checkpointsOf(release, 'source');
    const cursorOf = (group: string): JsonObject => {
      const place = places.get(group);
      const cursor = isJsonObject(place) ? place['cursor'] : undefined;
      if (!isJsonObject(cursor)) throw new TypeError(`${group} has no cursor`);
      return cursor;
    };
    const files = cursorOf('nightly');
    for (const json of damaged(files)) {
      const { marks } = marksFromJson(json);
      assert.ok(marks.length <= 1);
    }
    assert.equal(marksFromJson({ ...files, version: 99 }), { marks: [], damaged: ['version'] });
    const cloudwatch = cursorOf('/golden/cloudwatch');
    const readTo = cloudwatch['read_to'];
    for (const json of damaged(cloudwatch)) {
      const { cursor } = cursorFromJson(json);
      assert.ok(cursor === undefined || cursor.read_to === readTo, JSON.stringify(json));
    }
    assert.equal(cursorFromJson({ ...cloudwatch, version: 99 }), {
      cursor: { read_to: readTo, swept_at: readTo },
      damaged: 'version',
    });
  });

  /** The formats of a stored ledger, which may hold several, whose states have another version now. */
  const changedSince = (base: unknown, formats: ReadonlyMap<string, LogFormat>): readonly string[] =>
    release === '0.1.0' && isJsonObject(base)
      ? Object.keys(base)
          .filter((name) => formats.get(name)?.stateVersion !== 1)
          .toSorted()
      : [];

  test('the state of every format is stored, and read or dropped by its version', async () => {
    const formats = await loadFormats();
    const byName = new Map(formats.map((format) => [format.name, format]));
    const ledgers = await checkpointsOf(release, 'stream');
    for (const { format } of GOLDEN_LOGS) {
      const json = ledgers.get(`${GOLDEN_GROUP}#${format}`);
      assert.ok(isJsonObject(json) && isJsonObject(json['base']) && json['base'][format] !== undefined, format);
      const { dropped } = ledgerFromJson(json, byName);
      assert.equal(dropped.toSorted(), changedSince(json['base'], byName));
    }
  });

  for (const { format: name } of GOLDEN_LOGS) {
    test(`${name}: a state of a later version heals the stored stream, none throws`, async () => {
      const json = (await checkpointsOf(release, 'stream')).get(`${GOLDEN_GROUP}#${name}`) ?? null;
      const later = (await loadFormats()).map((format) =>
        format.name === name ? { ...format, stateVersion: format.stateVersion + 1 } : format,
      );
      const { changes, dropped, ledger } = endOf(json, name, later, answers.logsFrom);
      const base = isJsonObject(json) ? json['base'] : undefined;
      const changed = changedSince(base, new Map(later.map((format) => [format.name, format])));
      assert.equal(dropped.toSorted(), [...new Set([...changed, name])].toSorted());
      assert.ok(changes.some(({ observation }) => observation.status === 'completed'), JSON.stringify(changes));
      const byName = new Map(later.map((format) => [format.name, format]));
      assert.equal(ledgerFromJson(ledgerToJson(ledger, byName), byName).dropped, []);
    });

    const often = name === 'cdk' ? test : test.slow;
    often(`${name}: a state that was damaged anywhere heals or is used, none throws`, async () => {
      const json = (await checkpointsOf(release, 'stream')).get(`${GOLDEN_GROUP}#${name}`);
      assert.ok(isJsonObject(json) && isJsonObject(json['base']));
      const formats = await loadFormats();
      let healed = 0;
      const states = [...damaged(json['base'][name] ?? null)];
      for (const state of states.filter((_, index) => index % repeats({ few: 4, all: 1 }) === 0)) {
        const base = { ...json['base'], [name]: state };
        const { dropped } = endOf({ ...json, base }, name, formats, answers.logsFrom);
        if (dropped.length > 0) healed += 1;
      }
      assert.ok(healed > 0);
    });
  }

  test('an item that was damaged anywhere is read or refused by an error that names it', () => {
    const kinds: readonly (readonly [keyof typeof NAMES, (item: Item) => boolean, (item: Item) => unknown, RegExp])[] = [
      ['tasks', (item) => item['search_name'] !== undefined, taskFromItem, /^Task full is damaged/],
      ['tasks', (item) => item['current'] !== undefined, pointFromItem, /^The history of task \S+ at \S+ is damaged/],
      ['projects', () => true, projectFromItem, /^Project \S+ is damaged/],
      ['webhooks', ({ item }) => item?.S === 'webhooks', projectWebhooksFromItem, /^The webhooks of project#shop is damaged/],
      ['webhooks', ({ item }) => item?.S?.startsWith('delivery') === true, deliveryFromItem, /^Delivery \S+ is damaged/],
      ['webhooks', ({ item }) => item?.S === 'queue', lastFromItem, /^The queue of \S+ is damaged/],
    ];
    for (const [table, isOfKind, decode, message] of kinds) {
      const found = itemsOf(release, table).filter(isOfKind);
      const item = found.find(({ task_id }) => task_id?.S === 'full') ?? found[0];
      assert.ok(item, String(message));
      const keys = new Set(['task_id', 'project_id', 'owner', 'item', 'timestamp', 'delivery_id']);
      let refused = 0;
      for (const broken of damagedItems(item, keys)) {
        try {
          decode(broken);
        } catch (error) {
          assert.ok(isMiyabiError(error, 'internal'), String(error));
          assert.match(error.message, message);
          refused += 1;
        }
      }
      assert.ok(refused > 0, String(message));
    }
  });

  test('a spool of miyabi run is found and its lines are sent', async () => {
    const spool = join(await temporaryFolder(), 'spool');
    cpSync(join(HERE, release, 'spool'), spool, { recursive: true });
    const [found, ...others] = await leftovers(spool);
    assert.equal(others, []);
    assert.is(found?.header.project_id, 'shop');
    assert.ok(found);
    const backlog = await claim(found, 'golden');
    const batch = await backlog?.next(10_000);
    const lines = String(batch?.text).split('\n').map((line) => JSON.parse(line).message);
    assert.equal(lines.join('\n').split('\n'), ['Step 1/5', 'Step 2/5']);
    await backlog?.close();
  });

  const onRedis = needs(test, hasRedisServer, 'redis-server is not on the PATH');
  onRedis('what that release has cached is as it answered, or is filled again, and nothing once it is over', () =>
    onStandaloneRedis(async (redis) => {
      const { at, keys } = readJson(release, 'redis.json');
      await redis.run(async (client) => {
        await client.flushdb();
        for (const [key, { type, value }] of Object.entries<{ type: string; value: never }>(keys)) {
          if (type === 'string') await client.set(key, value);
          else if (type === 'hash') await client.hset(key, value);
          else if (type === 'stream')
            for (const [id, fields] of value as [string, string[]][]) await client.xadd(key, id, ...fields);
          else if (type === 'zset') {
            const entries = value as string[];
            for (let index = 0; index < entries.length; index += 2)
              await client.zadd(key, entries[index + 1] ?? '', entries[index] ?? '');
          } else throw new Error(`${key} is a ${type}`);
        }
      });
      const clock = memoryClock(at);
      const tasks = redisTaskCache({ redis, clock });
      const projects = redisProjectCache({ redis, clock });
      // An entry of another shape is a miss: its release may not have known every field.
      const found = async (id: string) => {
        const answer = await tasks.find(id);
        return typeof answer === 'object' ? answer : undefined;
      };
      let known = 0;
      for (const task of answers.tasks) {
        if ((await found(task.task_id)) === undefined) await tasks.save([task]);
        const filled = await found(task.task_id);
        if (filled === undefined) continue;
        assert.equal(JSON.parse(filled.json), task);
        known += 1;
      }
      assert.ok(known > 20, `${known} tasks are known`);
      // Redis does not have the script yet when it is asked for the first time.
      await tasks.page({ limit: 100 });
      const { page, ticket } = await tasks.page({ limit: 100 });
      if (page === undefined) assert.ok(ticket, 'the list is filled from the store');
      else for (const { task_id, json } of page.items) assert.is(JSON.parse(json).task_id, task_id);
      const feed = redisChangeFeed({ redis });
      const [first] = keys['{miyabi}:changes'].value[0];
      assert.ok((await feed.read(first, 100)).length > 10);
      clock.advance(4_000_000);
      assert.is(await tasks.find('is-completed'), undefined);
      assert.is(await projects.find('shop'), undefined);
      await redis.run((client) => client.flushdb());
    }),
  );

  test.run();
}

/** A state with one value in it missing, or another: at most three levels deep, and the first entries of each level. */
function* damaged(json: Json, depth = 0): Generator<Json> {
  for (const other of [null, '', -1, [], {}]) yield other;
  if (depth > 2 || typeof json !== 'object' || json === null) return;
  if (Array.isArray(json)) {
    for (const inner of damaged(json[0] ?? null, depth + 1)) yield [inner, ...json.slice(1)];
    return;
  }
  for (const [key, value] of Object.entries(json as JsonObject).slice(0, 12)) {
    const { [key]: _removed, ...rest } = json as JsonObject;
    yield rest;
    for (const inner of damaged(value, depth + 1)) yield { ...rest, [key]: inner };
  }
}

/** An item with one attribute missing or of another type, in its maps too; its keys stay. */
function* damagedItems(item: Item, keys: ReadonlySet<string>): Generator<Item> {
  for (const [name, value] of Object.entries(item)) {
    if (keys.has(name)) continue;
    const { [name]: _removed, ...rest } = item;
    yield rest;
    for (const other of [{ S: '' }, { S: '{' }, { N: 'x' }, { NULL: true }, { L: [] }, { L: [{ N: '1' }] }, { M: {} }] as AttributeValue[])
      yield { ...rest, [name]: other };
    if (value.M !== undefined)
      for (const M of damagedItems(value.M, new Set())) yield { ...rest, [name]: { M } };
    if (value.L?.[0]?.M !== undefined)
      for (const M of damagedItems(value.L[0].M, new Set())) yield { ...rest, [name]: { L: [{ M }] } };
  }
}
