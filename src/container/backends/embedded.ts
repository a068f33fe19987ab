import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { hasDynaliteFiles } from '../../adapters/dynalite/files.ts';
import { embeddedArchive } from '../../adapters/embedded/archive.ts';
import { embeddedCheckpoints } from '../../adapters/embedded/checkpoints.ts';
import { embeddedKeyStore } from '../../adapters/embedded/key-store.ts';
import { embeddedLineStore } from '../../adapters/embedded/line-store.ts';
import { openEmbeddedStore } from '../../adapters/embedded/open.ts';
import { embeddedOutbox } from '../../adapters/embedded/outbox.ts';
import { embeddedProjectStore } from '../../adapters/embedded/project-store.ts';
import { embeddedTaskCommits } from '../../adapters/embedded/task-commits.ts';
import { embeddedTaskHistory } from '../../adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../adapters/embedded/task-store.ts';
import { embeddedTaskTally } from '../../adapters/embedded/task-tally.ts';
import { embeddedWebhookStore } from '../../adapters/embedded/webhook-store.ts';
import type { Config } from '../../config.ts';
import type { Backend, StorePorts, SystemPorts } from '../backend.ts';

/** The store in a folder of this machine, with the data of an earlier release moved into it. */
export const openStore = async (config: Config, { clock, logger }: Pick<SystemPorts, 'clock' | 'logger'>) => {
  const store = await openEmbeddedStore({ path: join(config.dataDir, 'store'), clock, logger });
  const archive = embeddedArchive({ database: store.database, clock });
  try {
    if (await hasDynaliteFiles(join(config.dataDir, 'db', 'data'))) {
      // Reading its items needs the DynamoDB adapters, which no other start loads.
      const { moveEarlierRelease } = await import('./earlier-release.ts');
      await moveEarlierRelease(config, archive, { clock, logger });
    }
  } catch (error) {
    await store.close();
    throw error;
  }
  return { ...store, archive };
};

export const stores: Backend<StorePorts> = async (config, system) => {
  const { database, close } = await openStore(config, system);
  const on = { database, clock: system.clock };
  const outbox = embeddedOutbox({ ...on, tokens: randomUUID });
  const projects = embeddedProjectStore(on);
  const store = {
    name: 'store',
    required: true,
    async check() {
      database.requireWritable();
      await database.get('health');
    },
  };
  return {
    ports: {
      taskStore: embeddedTaskStore(on),
      taskTally: embeddedTaskTally(on),
      taskHistory: embeddedTaskHistory(on),
      taskCommits: embeddedTaskCommits({ ...on, projects }),
      projectStore: projects,
      checkpoints: embeddedCheckpoints(on),
      webhookStore: embeddedWebhookStore(on),
      outbox,
      outboxQueues: outbox,
      lineStore: embeddedLineStore(on),
      keyStore: embeddedKeyStore(on),
    },
    probes: [store],
    close,
  };
};
