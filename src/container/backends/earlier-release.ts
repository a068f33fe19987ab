import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hasDynaliteFiles, readDynaliteFiles, type StoredItem } from '../../adapters/dynalite/files.ts';
import { entriesFromItems, type TableItem } from '../../adapters/dynamodb/archive-item.ts';
import type { Item } from '../../adapters/dynamodb/attributes.ts';
import { type Config, tableNames } from '../../config.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { Archive, ArchiveEntry } from '../../ports/archive.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';

/** Records written at a time. */
const STEP = 500;

/**
 * Moves the data of a release up to 0.1, which kept it in `db` of the data folder, into the store, once. Nothing is
 * deleted: the folder is renamed when all data has arrived. After a crash the next start does it again.
 *
 * @throws MiyabiError `configuration` where the folder is open elsewhere or damaged, or a record did not arrive.
 */
export const moveEarlierRelease = async (
  config: Config,
  archive: Archive,
  { clock, logger }: Readonly<{ clock: Clock; logger: Logger }>,
): Promise<void> => {
  const folder = join(config.dataDir, 'db');
  const data = join(folder, 'data');
  if (!(await hasDynaliteFiles(data))) return;
  logger.info('Moving the data of an earlier release into the store', { folder });
  const began = clock.now();
  const damaged: string[] = [];
  const moved = new Map<string, number>();
  let waiting: ArchiveEntry[] = [];
  for await (const entry of entriesFromItems(itemsIn(config, data), (error) => damaged.push(error.message))) {
    waiting.push(entry);
    moved.set(entry.kind, (moved.get(entry.kind) ?? 0) + 1);
    if (waiting.length < STEP) continue;
    await archive.restore(waiting);
    waiting = [];
  }
  await archive.restore(waiting);
  await requireAll(archive, moved, folder);
  const backup = join(config.dataDir, `db-of-an-earlier-release-${began}`);
  await rename(folder, backup);
  logger.info('The data of an earlier release is in the store; its folder is kept as a backup', {
    ...Object.fromEntries(moved),
    ms: clock.now() - began,
    backup,
  });
  for (const reason of damaged) logger.warn('Left in the backup', { backup, reason });
};

async function* itemsIn(config: Config, data: string): AsyncGenerator<TableItem> {
  const names = tableNames(config);
  const tables = new Map(
    (['projects', 'webhooks', 'tasks'] as const).map((table) => [names[table], table] as const),
  );
  for await (const { table: name, item } of readDynaliteFiles(data, [...tables.keys()])) {
    const table = tables.get(name);
    if (table !== undefined) yield { table, item: withBytes(item) };
  }
}

/** Binary values as bytes, as the SDK gives them. */
const withBytes = (item: StoredItem): Item =>
  Object.fromEntries(
    // The compiler knows an item as a union of types; each value is an object.
    Object.entries(item as Readonly<Record<string, Readonly<{ B?: unknown }>>>).map(([name, value]) => [
      name,
      typeof value.B === 'string' ? { B: Buffer.from(value.B, 'base64') } : value,
    ]),
  ) as Item;

/** Counts what the store holds now. Records that expired long ago may be missing, everything else must be there. */
const requireAll = async (
  archive: Archive,
  moved: ReadonlyMap<string, number>,
  folder: string,
): Promise<void> => {
  const found = new Map<string, number>();
  for await (const { kind } of archive.entries()) found.set(kind, (found.get(kind) ?? 0) + 1);
  for (const [kind, count] of moved) {
    if (kind !== 'ended' && (found.get(kind) ?? 0) < count) {
      throw new MiyabiError(
        'configuration',
        `Only ${found.get(kind) ?? 0} of ${count} records of kind ${kind} in ${folder} arrived in the store; nothing was removed from it`,
      );
    }
  }
};
