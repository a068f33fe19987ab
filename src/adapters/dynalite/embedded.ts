import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { ClassicLevel } from 'classic-level';
import dynalite from 'dynalite';
import { MiyabiError } from '../../domain/errors.ts';

/** A DynamoDB in this process, on the loopback interface alone. */
export type EmbeddedDynamodb = Readonly<{
  /** E.g. `http://127.0.0.1:40123`. */
  endpoint: string;
  /** Ends it, once what is under way is written, and frees its folder. */
  close(): Promise<void>;
}>;

/**
 * For the client of an embedded DynamoDB. The peer is this very process: it cannot be dead, only busy, so a long
 * wait is no reason to give up.
 */
export const EMBEDDED_PATIENCE = {
  connectTimeoutMs: 30_000,
  requestTimeoutMs: 30_000,
  queueTimeoutMs: 120_000,
} as const;

/**
 * Opens a DynamoDB that keeps its data in a folder, or without one in memory. Whatever it has acknowledged is there
 * again after the process was killed. It knows no transactions and no expiry.
 *
 * @throws MiyabiError `configuration` where the folder cannot be written, is damaged, or is open in another process.
 */
export const openEmbeddedDynamodb = async ({
  path,
}: Readonly<{ path?: string }> = {}): Promise<EmbeddedDynamodb> => {
  const folder = path === undefined ? undefined : await claim(path);
  const server = dynalite({
    ...(folder === undefined ? {} : { path: folder.data }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  // A client that goes away in the middle of a request would otherwise end the process: dynalite throws there.
  server.on('request', (request) => {
    request.removeAllListeners('error');
    request.on('error', () => request.destroy());
  });
  // A connection that is closed while a request is on its way to it would fail that request.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    await folder?.release();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
      });
      await folder?.release();
    },
  };
};

/**
 * Makes the folder this process's own. dynalite would end the process on a folder that is open elsewhere, and from a
 * callback that nobody can catch. So another, empty database beside its data is held open as a lock: LevelDB locks
 * its files by the operating system, which frees them when a process ends in whatever way.
 */
const claim = async (path: string): Promise<Readonly<{ data: string; release(): Promise<void> }>> => {
  const data = resolve(path, 'data');
  const lockFolder = resolve(path, 'lock');
  try {
    await makeFolder(data);
    await makeFolder(lockFolder);
  } catch (error) {
    throw unusable(path, 'unwritable', error);
  }
  const lock = new ClassicLevel(lockFolder);
  await openOrRefuse(path, lock);
  try {
    const trial = new ClassicLevel(data);
    await openOrRefuse(path, trial);
    await trial.close();
  } catch (error) {
    await lock.close();
    throw error;
  }
  return { data, release: () => lock.close() };
};

/** A folder and those above it. Node's own recursive `mkdir` never comes back from a path such as `/proc/data`. */
const makeFolder = async (folder: string): Promise<void> => {
  const parent = dirname(folder);
  if (await madeFolder(folder)) return;
  if (parent !== folder) await makeFolder(parent);
  if (!(await madeFolder(folder))) throw new Error(`${folder} cannot be made`);
};

/** Whether the folder is there now; false where the one above it is missing. */
const madeFolder = async (folder: string): Promise<boolean> => {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
};

const openOrRefuse = async (path: string, database: ClassicLevel): Promise<void> => {
  try {
    await database.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'LEVEL_LOCKED') throw unusable(path, 'open', error);
    throw unusable(path, code === 'LEVEL_CORRUPTION' ? 'damaged' : 'unreadable', error);
  }
};

const PROBLEMS = {
  open: 'is open in another process: end that one, or set MIYABI_DATA_DIR to another folder',
  damaged: 'holds damaged data: restore it, move it away, or set MIYABI_DATA_DIR to another folder',
  unreadable:
    'cannot be opened: make it readable and writable, restore it, or set MIYABI_DATA_DIR to another folder',
  unwritable: 'cannot be written: make it writable, or set MIYABI_DATA_DIR to another folder',
} as const;

const unusable = (path: string, problem: keyof typeof PROBLEMS, cause: unknown): MiyabiError =>
  new MiyabiError('configuration', `The data folder ${path} ${PROBLEMS[problem]}`, { cause });
