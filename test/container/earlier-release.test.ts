import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AttributeValue, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { entriesFromItems, type TableItem } from '../../src/adapters/dynamodb/archive-item.ts';
import { dynamodbCheckpoints } from '../../src/adapters/dynamodb/checkpoints.ts';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { readConfig } from '../../src/config.ts';
import { openStore } from '../../src/container/backends/embedded.ts';
import type { ArchiveEntry } from '../../src/ports/archive.ts';
import { noise } from '../contracts/ports.ts';
import { openTestDynamodb } from '../support/dynalite.ts';
import { inFolder } from '../support/embedded.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('The data of an earlier release');

const NAMES = { tasks: 'miyabi-tasks', projects: 'miyabi-projects', webhooks: 'miyabi-webhooks' };
/** While the recorded data is not expired. */
const clock = { now: () => Date.UTC(2026, 10, 29) };
const TABLES = ['tasks', 'projects', 'webhooks'] as const;

const recorded: Readonly<Record<string, readonly Record<string, AttributeValue & { B?: string }>[]>> =
  JSON.parse(
    await readFile(fileURLToPath(new URL('../golden/0.1.0/dynamodb.json', import.meta.url)), 'utf8'),
  );
const itemsOf = (table: string) =>
  (recorded[table] ?? []).map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => [
        name,
        value.B === undefined ? value : { B: Buffer.from(value.B, 'base64') },
      ]),
    ),
  );

/** A folder as release 0.1.0 left it, with what that release has stored. */
const writeEarlierFolder = async (dataDir: string): Promise<void> => {
  const path = join(dataDir, 'db', 'data');
  await mkdir(path, { recursive: true });
  await mkdir(join(dataDir, 'db', 'lock'));
  const dynamodb = await openTestDynamodb({ path });
  const client = dynamodbClient({ endpoint: dynamodb.endpoint });
  await createTables(client, NAMES);
  for (const table of TABLES) {
    const items = itemsOf(table);
    for (let from = 0; from < items.length; from += 25) {
      const batch = items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [NAMES[table]]: batch } }));
    }
  }
  await dynamodbCheckpoints({ client, tableName: NAMES.tasks, clock }).write('large', noise(900_000), 0);
  client.destroy();
  await dynamodb.close();
};

async function* expectedItems(): AsyncGenerator<TableItem> {
  for (const table of TABLES) for (const item of itemsOf(table)) yield { table, item };
}

/** Sorted, so that two stores are equal where they hold the same. */
const sortedEntries = async (entries: AsyncIterable<ArchiveEntry>): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const entry of entries) {
    if (entry.kind !== 'ended') found.push(canonical(entry));
  }
  return found.sort();
};
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

test(
  'is moved into the store once, all of it, and its folder is kept under another name',
  inFolder(async (dataDir) => {
    await writeEarlierFolder(dataDir);
    const config = readConfig({ MIYABI_DATA_DIR: dataDir });
    const logger = memoryLogger();
    const store = await openStore(config, { clock, logger });
    const moved = await sortedEntries(store.archive.entries());
    const large = canonical({ kind: 'checkpoint', key: 'large', value: noise(900_000), version: 1 });
    const expected = [...(await sortedEntries(entriesFromItems(expectedItems(), assert.unreachable))), large];
    assert.ok(expected.length > 50, 'the recorded data was found');
    assert.equal(moved, expected.sort());
    await store.close();

    const folders = await readdir(dataDir);
    assert.not(folders.includes('db'));
    assert.ok(folders.some((name) => name.startsWith('db-of-an-earlier-release-')));
    assert.match(logger.entries.at(-1)?.message ?? '', 'kept as a backup');

    const again = memoryLogger();
    const reopened = await openStore(config, { clock, logger: again });
    assert.equal(again.entries, []);
    assert.equal(await sortedEntries(reopened.archive.entries()), moved);
    await reopened.close();
  }),
);

test(
  'that cannot be read is an error that says what to do, and is left as it is',
  inFolder(async (dataDir) => {
    await mkdir(join(dataDir, 'db', 'data'), { recursive: true });
    await writeFile(join(dataDir, 'db', 'data', 'CURRENT'), 'not a line');
    const config = readConfig({ MIYABI_DATA_DIR: dataDir });
    const error = await rejects(openStore(config, { clock, logger: memoryLogger() }), 'configuration');
    assert.match(error.message, 'earlier release');
    assert.ok((await readdir(dataDir)).includes('db'));
  }),
);

test.run();
