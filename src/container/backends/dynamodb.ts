import { dynamodbCheckpoints } from '../../adapters/dynamodb/checkpoints.ts';
import { dynamodbClient } from '../../adapters/dynamodb/client.ts';
import { dynamodbKeyStore } from '../../adapters/dynamodb/key-store.ts';
import { dynamodbLineStore } from '../../adapters/dynamodb/line-store.ts';
import { dynamodbOutbox } from '../../adapters/dynamodb/outbox.ts';
import { dynamodbProjectStore } from '../../adapters/dynamodb/project-store.ts';
import { dynamodbTaskHistory } from '../../adapters/dynamodb/task-history.ts';
import { dynamodbTaskStore } from '../../adapters/dynamodb/task-store.ts';
import { dynamodbTaskTally } from '../../adapters/dynamodb/task-tally.ts';
import { dynamodbWebhookStore } from '../../adapters/dynamodb/webhook-store.ts';
import type { Config } from '../../config.ts';
import type { Backend, OpenBackend, StorePorts, SystemPorts } from '../backend.ts';

export const stores: Backend<StorePorts> = async (config, system) => {
  const client = dynamodbClient({
    ...(config.dynamodbEndpoint === undefined ? {} : { endpoint: config.dynamodbEndpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
  });
  return { ...storesOn(client, config, system), close: async () => client.destroy() };
};

/** The stores on any DynamoDB client, and the probe of all their tables. */
export const storesOn = (
  client: ReturnType<typeof dynamodbClient>,
  config: Config,
  { clock }: Pick<SystemPorts, 'clock'>,
): OpenBackend<StorePorts> => {
  const tasks = { client, tableName: config.tasksTable, clock };
  const projects = { client, tableName: config.projectsTable };
  const webhooks = { client, tableName: config.webhooksTable, clock };
  const outbox = dynamodbOutbox(webhooks);
  const ports: StorePorts = {
    taskStore: dynamodbTaskStore({ ...tasks, shards: config.taskShards }),
    taskTally: dynamodbTaskTally(tasks),
    taskHistory: dynamodbTaskHistory(tasks),
    taskCommits: {},
    projectStore: dynamodbProjectStore(projects),
    checkpoints: dynamodbCheckpoints(tasks),
    webhookStore: dynamodbWebhookStore(webhooks),
    outbox,
    outboxQueues: outbox,
    lineStore: dynamodbLineStore(tasks),
    keyStore: dynamodbKeyStore(webhooks),
  };
  const connect = async () => {
    await ports.taskStore.find('health');
  };
  const store = {
    name: 'store',
    required: true,
    async check() {
      // Nothing else would notice a missing table before the first write to it.
      await Promise.all([connect(), ports.projectStore.find('health'), ports.webhookStore.find('health')]);
    },
    connect,
  };
  return { ports, probes: [store] };
};
