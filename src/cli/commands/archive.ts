import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pinoLogger } from '../../adapters/system/logger.ts';
import { type Config, readConfig } from '../../config.ts';
import { type OpenArchive, openArchive } from '../../container/archive.ts';
import { MiyabiError } from '../../domain/errors.ts';

/** How often progress is printed, in milliseconds. */
const PROGRESS_MS = 2_000;

/** `miyabi export`: everything in the configured store as lines of JSON on standard output, progress on standard error. */
export const runExport = async ({
  withSecrets = false,
}: Readonly<{ withSecrets?: boolean }>): Promise<void> => {
  requireStore(readConfig(process.env));
  await withArchive(async ({ lines }) => {
    const progress = progressOf('exported');
    for await (const line of lines({ withSecrets, onProgress: progress.show })) {
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    }
    progress.done();
  });
};

/** Run in the wrong folder, an export would be an empty archive that looks like a backup. */
const requireStore = ({ taskStore, dataDir }: Config): void => {
  if (taskStore !== 'embedded' || existsSync(dataDir)) return;
  throw new MiyabiError(
    'configuration',
    `nothing is stored in ${resolve(dataDir)}; run this in the server's folder, or set MIYABI_DATA_DIR`,
  );
};

/** `miyabi import`: restores an archive into the configured store. */
export const runImport = async (file: string | undefined): Promise<void> => {
  if (file !== undefined && file !== '-') await requireFile(file);
  await withArchive(async ({ restore }) => {
    const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
    const progress = progressOf('imported');
    await restore(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), progress.show);
    progress.done();
  });
};

const requireFile = async (file: string): Promise<void> => {
  try {
    await access(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MiyabiError('configuration', `The archive ${file} cannot be read: ${reason}`, { cause: error });
  }
};

const withArchive = async (run: (open: OpenArchive) => Promise<void>): Promise<void> => {
  const config = readConfig(process.env);
  const logger = pinoLogger({ level: config.logLevel });
  const opened = await openArchive(config, { logger });
  try {
    await run(opened);
  } finally {
    await opened.close();
  }
};

const progressOf = (verb: string) => {
  let counts: Readonly<Record<string, number>> = {};
  let shown = Date.now();
  const print = () => {
    const text = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    process.stderr.write(`${verb}: ${text.length === 0 ? 'nothing' : text.join(', ')}\n`);
  };
  return {
    show(now: Readonly<Record<string, number>>) {
      counts = now;
      if (Date.now() - shown < PROGRESS_MS) return;
      shown = Date.now();
      print();
    },
    done: print,
  };
};
