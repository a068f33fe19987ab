import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { readConfig } from '../../src/config.ts';
import { type OpenArchive, openArchive } from '../../src/container/archive.ts';
import { containerFor } from '../../src/container/compose.ts';
import { TOKENS } from '../../src/container/tokens.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import type { ArchiveEntry } from '../../src/ports/archive.ts';
import { KNOWN_MS } from '../../src/ports/outbox.ts';
import { openTestDynamodb } from '../support/dynalite.ts';
import { inFolder } from '../support/embedded.ts';
import { runProgram } from '../support/server.ts';
import { rejects, suite } from '../support/suite.ts';
import { allPages, aPoint, aStoredProject, aStoredTask, NOON } from '../support/tasks.ts';

const test = suite('An archive');

const NAMES = { tasks: 'miyabi-tasks', projects: 'miyabi-projects', webhooks: 'miyabi-webhooks' };
const clock = { now: () => NOON };
const AT = '2026-11-23T12:00:00.000Z';

const ENTRIES: readonly ArchiveEntry[] = [
  { kind: 'project', project: aStoredProject('p', { version: 7, has_webhooks: true }) },
  {
    kind: 'webhooks',
    webhooks: {
      project_id: 'p',
      project_created_at: AT,
      version: 3,
      webhooks: [
        {
          webhook_id: 'w',
          project_id: 'p',
          url: 'https://example.org/hook',
          events: ['task.failed'],
          active: true,
          secret: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
          previous_secret: 'whsec_b2xk',
          previous_until: AT,
          version: 2,
          created_at: AT,
          updated_at: AT,
        },
      ],
    },
  },
  ...Array.from({ length: 60 }, (_, index): ArchiveEntry => {
    const event = { type: 'task.failed', project_id: 'p', version: 1, at: AT } as const;
    const extra =
      index % 2 === 0
        ? { pendingEvents: [event], rateFrom: { current: 3, at: AT }, retries: 2 }
        : { counted: { project_id: 'p', kind: 'active', seconds: 0 } as const };
    return {
      kind: 'task',
      task: aStoredTask(`t${index}`, { version: index + 1, project_id: 'p', ...extra }, index),
    };
  }),
  ...Array.from(
    { length: 130 },
    (_, index): ArchiveEntry => ({ kind: 'point', task_id: 't1', point: aPoint(index) }),
  ),
  { kind: 'checkpoint', key: 'source#group', value: { cursor: 'ü ✅' }, version: 4 },
  { kind: 'checkpoint', key: 'stream#a#b', value: ['x'.repeat(500_000)], version: 1 },
  {
    kind: 'delivery',
    delivery: {
      delivery_id: 'd1',
      webhook_id: 'w',
      project_id: 'p',
      event: 'task.failed',
      body: '{}',
      attempts: 2,
      due_at: NOON + 5000,
      created_at: NOON,
    },
  },
  { kind: 'ended', webhook_id: 'w', delivery_id: 'd0', until: NOON + KNOWN_MS },
  {
    kind: 'result',
    webhook_id: 'w',
    project_id: 'p',
    last: {
      delivery_id: 'd0',
      event: 'task.failed',
      attempts: 1,
      at: AT,
      outcome: 'delivered',
      status_code: 204,
    },
  },
];

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Everything, in one order. The version of a checkpoint counts the writes to one store, so it is its own in each. */
const contentOf = async ({ archive }: OpenArchive): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const entry of archive.entries()) {
    found.push(canonical(entry.kind === 'checkpoint' ? { ...entry, version: 0 } : entry));
  }
  return found.sort();
};
const expected = ENTRIES.map((entry) =>
  canonical(entry.kind === 'checkpoint' ? { ...entry, version: 0 } : entry),
).sort();

const linesOf = async (from: OpenArchive, withSecrets = true): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const line of from.lines({ withSecrets, onProgress: () => undefined })) lines.push(line);
  return lines;
};
async function* streamed(lines: readonly string[]) {
  yield* lines;
}
const restore = (to: OpenArchive, lines: readonly string[]) => to.restore(streamed(lines), () => undefined);

const openLaptop = (folder: string) =>
  openArchive(readConfig({ MIYABI_DATA_DIR: folder }), { logger: memoryLogger(), clock });

test(
  'takes everything from a laptop to DynamoDB and back, equal, however often it is restored',
  inFolder(async (folder) => {
    const dynamodb = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: dynamodb.endpoint });
    await createTables(client, NAMES);
    client.destroy();
    const laptop = await openLaptop(join(folder, 'one'));
    const aws = await openArchive(
      readConfig({ TASK_STORE: 'dynamodb', DYNAMODB_ENDPOINT: dynamodb.endpoint }),
      {
        logger: memoryLogger(),
        clock,
      },
    );
    const other = await openLaptop(join(folder, 'two'));
    try {
      await laptop.archive.restore(ENTRIES);
      assert.equal(await contentOf(laptop), expected);
      const lines = await linesOf(laptop);
      for (let times = 0; times < 2; times += 1) {
        await restore(aws, lines);
        assert.equal(await contentOf(aws), expected);
      }
      const back = await linesOf(aws);
      for (let times = 0; times < 2; times += 1) {
        await restore(other, back);
        assert.equal(await contentOf(other), expected);
      }
    } finally {
      await Promise.all([laptop.close(), aws.close(), other.close()]);
      await dynamodb.close();
    }
  }),
);

test(
  'has the secret of public links only with secrets',
  inFolder(async (folder) => {
    const laptop = await openLaptop(folder);
    try {
      const secret = 'whsec_of-the-links';
      await laptop.archive.restore([
        ...ENTRIES.slice(0, 1),
        { kind: 'checkpoint', key: 'links#secret', value: { secret }, version: 1 },
      ]);
      assert.match((await linesOf(laptop)).join(), secret);
      const without = (await linesOf(laptop, false)).join();
      assert.not.match(without, secret);
      assert.match(without, '"kind":"project"');
    } finally {
      await laptop.close();
    }
  }),
);

test(
  'leaves API keys out, so that restoring it cannot bring back one that was revoked',
  inFolder(async (folder) => {
    const dynamodb = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: dynamodb.endpoint });
    await createTables(client, NAMES);
    client.destroy();
    for (const env of [
      { MIYABI_DATA_DIR: folder },
      { TASK_STORE: 'dynamodb', DYNAMODB_ENDPOINT: dynamodb.endpoint },
    ]) {
      const { container, close } = await containerFor(readConfig(env), { logger: memoryLogger() });
      const hash = 'a'.repeat(64);
      await container
        .get(TOKENS.keyStore)
        .add({ key_id: 'a'.repeat(16), hash, name: 'CI', scope: 'admin', created_at: AT });
      await close();
      const logger = memoryLogger();
      const open = await openArchive(readConfig(env), { logger, clock });
      await open.archive.restore(ENTRIES.slice(0, 1));
      const lines = await linesOf(open);
      assert.is(lines.filter((line) => line.includes('"kind":"project"')).length, 1);
      assert.not.match(lines.join(), hash);
      assert.equal(logger.entries, []);
      await open.close();
    }
    await dynamodb.close();
  }),
);

test(
  'does not replace what is newer, and what it brings is in its lists and queues',
  inFolder(async (folder) => {
    const laptop = await openLaptop(folder);
    const newer = aStoredTask('t3', { version: 50, task_name: 'newer' }, 9000);
    await laptop.archive.restore([{ kind: 'task', task: newer }]);
    await laptop.archive.restore(ENTRIES);
    await laptop.close();
    const { container, close } = await containerFor(readConfig({ MIYABI_DATA_DIR: folder }), {
      logger: memoryLogger(),
      clock,
    });
    try {
      const tasks = container.get(TOKENS.taskStore);
      assert.is((await tasks.find('t3'))?.task_name, 'newer');
      assert.is((await allPages(tasks, { limit: 100, project_id: 'p' })).length, 59);
      assert.equal(await container.get(TOKENS.outboxQueues).due(10), ['w']);
      assert.is((await container.get(TOKENS.outbox).pending('w', 10)).length, 1);
      assert.ok((await container.get(TOKENS.taskTally).uncounted(100)).length >= 30);
    } finally {
      await close();
    }
  }),
);

test(
  'holds no secret unless it is asked to, and a webhook without one gets a new one',
  inFolder(async (folder) => {
    const laptop = await openLaptop(join(folder, 'one'));
    const other = await openLaptop(join(folder, 'two'));
    try {
      await laptop.archive.restore([
        ...ENTRIES,
        { kind: 'checkpoint', key: 'idempotency#x', value: { answer: 'whsec_c2VjcmV0' }, version: 1 },
      ]);
      const lines = await linesOf(laptop, false);
      assert.not.match(lines.join('\n'), 'whsec_');
      await restore(other, lines);
      const secrets = (await linesOf(other)).join('\n').match(/whsec_[\w+/=]+/g) ?? [];
      assert.is(secrets.length, 1);
      assert.not((await linesOf(laptop)).join('\n').includes(secrets[0] ?? ''));
    } finally {
      await laptop.close();
      await other.close();
    }
  }),
);

test(
  'that is none, is cut off, or holds what could not be read again, is refused by its line',
  inFolder(async (folder) => {
    const laptop = await openLaptop(folder);
    const header = JSON.stringify({ format: 'miyabi-archive', version: 1 });
    const wrongTask = JSON.stringify({ kind: 'task', task: { ...aStoredTask('x'), status: 'odd' } });
    const end = '{"kind":"end"}';
    try {
      for (const [lines, message] of [
        [[], 'Line 1 is missing'],
        [['{"some":"json"}'], 'Line 1 does not begin'],
        [[header.replace('1}', '2}')], 'newer Miyabi'],
        [[header, 'no json'], 'Line 2 is no JSON'],
        [[header, '{"kind":"soup"}'], 'Line 2 holds no record'],
        [[header, '{"kind":"task"}'], 'Line 2 holds a task whose task is wrong'],
        [[header, wrongTask, end], 'status is wrong'],
        [[header], 'cut off'],
        [[header, end, wrongTask], 'Line 3 follows the end'],
      ] as const) {
        assert.match((await rejects(restore(laptop, lines), 'invalid_input')).message, message);
      }
      assert.equal(await contentOf(laptop), []);
    } finally {
      await laptop.close();
    }
    const memory = openArchive(readConfig({ MIYABI_BACKEND: 'memory' }), { logger: memoryLogger() });
    assert.ok(isMiyabiError(await rejects(memory), 'configuration'));
  }),
);

test.slow(
  'is written by miyabi export and restored by miyabi import',
  inFolder(async (folder) => {
    const laptop = await openLaptop(join(folder, 'one'));
    await laptop.archive.restore(ENTRIES);
    await laptop.close();
    const env = (name: string) => ({ MIYABI_DATA_DIR: join(folder, name) });
    const exported = runProgram('cli.ts', { args: ['export', '--with-secrets'], env: env('one') });
    assert.is(await exported.ended, 0, exported.errors());
    assert.match(exported.errors(), '60 task');
    const file = join(folder, 'archive.jsonl');
    await writeFile(file, exported.output());
    const imported = runProgram('cli.ts', { args: ['import', file], env: env('two') });
    assert.is(await imported.ended, 0, imported.errors());
    assert.match(imported.errors(), 'imported: ');
    const other = await openLaptop(join(folder, 'two'));
    assert.equal(await contentOf(other), expected);
    await other.close();
    const missing = runProgram('cli.ts', { args: ['import', join(folder, 'nothing')], env: env('two') });
    assert.is(await missing.ended, 2);
    assert.match(missing.errors(), /^miyabi: The archive .* cannot be read/);
    const elsewhere = runProgram('cli.ts', { args: ['export'], env: env('three') });
    assert.is(await elsewhere.ended, 2);
    assert.match(elsewhere.errors(), `miyabi: nothing is stored in ${join(folder, 'three')}`);
    assert.not.ok(existsSync(join(folder, 'three')));
  }),
);

test.run();
