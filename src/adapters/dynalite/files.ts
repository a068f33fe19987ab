import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { MiyabiError } from '../../domain/errors.ts';

/** An item as DynamoDB writes it in JSON: binary values are base64. */
export type StoredItem = Readonly<Record<string, unknown>>;

/** Items read at a time. */
const STEP = 500;

/** Whether the folder contains a dynalite database, where releases up to 0.1 kept their data. */
export const hasDynaliteFiles = async (folder: string): Promise<boolean> => {
  try {
    await access(join(folder, 'CURRENT'));
    return true;
  } catch {
    return false;
  }
};

/**
 * Reads every item of these tables from dynalite's own files: LevelDB with the key `item-TABLE~KEY` for each item and
 * its JSON as the value. It needs no dynalite, and changes nothing in the folder but LevelDB's own log.
 *
 * @throws MiyabiError `configuration` where the folder is open in another process or damaged.
 */
export async function* readDynaliteFiles(
  folder: string,
  tables: readonly string[],
): AsyncGenerator<Readonly<{ table: string; item: StoredItem }>> {
  const level = new ClassicLevel<string, StoredItem>(folder, {
    valueEncoding: 'json',
    createIfMissing: false,
  });
  try {
    await level.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const isOpen = cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
    throw new MiyabiError(
      'configuration',
      isOpen
        ? `The data folder ${folder} is open in another process: stop that one first`
        : `The data of an earlier release in ${folder} cannot be read: restore it, or move it away to start without it`,
      { cause: error },
    );
  }
  try {
    for (const table of tables) {
      const prefix = `item-${table}~`;
      const iterator = level.iterator({ gt: prefix, lt: `${prefix}\uffff` });
      try {
        for (;;) {
          const entries = await iterator.nextv(STEP);
          if (entries.length === 0) break;
          for (const [, item] of entries) yield { table, item };
        }
      } finally {
        await iterator.close();
      }
    }
  } finally {
    await level.close();
  }
}
