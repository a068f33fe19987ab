import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/adapters/embedded/open.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import type { Opened } from '../../src/contracts/contract.ts';
import { NOON } from './tasks.ts';

/** A store in a temporary folder, for one test. */
export type EmbeddedWorld = EmbeddedStore &
  Readonly<{ clock: ReturnType<typeof memoryClock>; logger: ReturnType<typeof memoryLogger> }>;

/** Opens a store in a folder. */
export const openStoreIn = async (
  path: string,
  options: Partial<Parameters<typeof openEmbeddedStore>[0]> & Partial<Pick<EmbeddedWorld, 'clock'>> = {},
): Promise<EmbeddedWorld> => {
  const logger = memoryLogger();
  const clock = options.clock ?? memoryClock(NOON);
  return { ...(await openEmbeddedStore({ path, ...options, clock, logger })), clock, logger };
};

/** A folder that is gone afterwards. */
export const inFolder = (run: (folder: string) => Promise<void>) => async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-store-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Opens a fresh store and makes a port on it, for a contract. */
export const onEmbedded =
  <Port>(make: (world: EmbeddedWorld) => Port) =>
  async (): Promise<Opened<Port>> => {
    const folder = await mkdtemp(join(tmpdir(), 'miyabi-store-'));
    const world = await openStoreIn(join(folder, 'store'));
    return {
      port: make(world),
      close: async () => {
        await world.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  };
