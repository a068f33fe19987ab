import {
  type BackendModule,
  type Clock,
  MiyabiError,
  type ModuleStores,
  type OpenBackend,
} from 'miyabi-progress/ports';
import { type Database, database } from './database.ts';
import { postgresCheckpoints, postgresProjectStore, postgresWebhookStore } from './documents.ts';
import { postgresTaskHistory } from './history.ts';
import { postgresKeyStore } from './keys.ts';
import { postgresLineStore } from './lines.ts';
import { postgresOutbox } from './outbox.ts';
import { createTables, prune } from './schema.ts';
import { postgresTaskStore, postgresTaskTally } from './tasks.ts';

const HOUR_MS = 60 * 60 * 1000;

type Settings = Readonly<{ url: string; schema: string }>;

const settingsIn = ({
  MIYABI_POSTGRES_URL: url,
  MIYABI_POSTGRES_SCHEMA: schema = 'miyabi',
}: NodeJS.ProcessEnv): Settings => {
  if (url === undefined)
    throw new MiyabiError(
      'configuration',
      'MIYABI_POSTGRES_URL must be set, e.g. to postgres://user:password@host:5432/database',
    );
  // It becomes part of statements.
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new MiyabiError('configuration', `MIYABI_POSTGRES_SCHEMA must be a plain name, not "${schema}"`);
  return { url, schema };
};

/** All stores on one database. */
export const storesOn = (on: Database, { clock }: Readonly<{ clock: Clock }>): OpenBackend<ModuleStores> => {
  const outbox = postgresOutbox(on, { clock });
  return {
    ports: {
      taskStore: postgresTaskStore(on),
      taskTally: postgresTaskTally(on),
      taskHistory: postgresTaskHistory(on),
      projectStore: postgresProjectStore(on),
      checkpoints: postgresCheckpoints(on),
      webhookStore: postgresWebhookStore(on),
      outbox,
      outboxQueues: outbox,
      lineStore: postgresLineStore(on),
      keyStore: postgresKeyStore(on),
    },
    probes: [
      {
        name: 'store',
        required: true,
        async check() {
          await on.query(`SELECT version FROM ${on.table('tasks')} LIMIT 1`);
        },
      },
    ],
    close: on.close,
  };
};

export const backend: BackendModule = {
  contract: 1,

  stores(_settings, { clock, logger }) {
    const { url, schema } = settingsIn(process.env);
    const on = database(url, schema);
    const opened = storesOn(on, { clock });
    const pruneNow = () =>
      prune(on, clock.now()).catch((error: unknown) =>
        logger.warn('Expired data was not removed', { error }),
      );
    const timer = setInterval(pruneNow, HOUR_MS).unref();
    return {
      ...opened,
      async close() {
        clearInterval(timer);
        await on.close();
      },
    };
  },

  async setUp() {
    const { url, schema } = settingsIn(process.env);
    const on = database(url, schema);
    try {
      return await createTables(on, schema);
    } finally {
      await on.close();
    }
  },
};
