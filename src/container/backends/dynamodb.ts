import { ContainerModule } from 'inversify';
import { dynamodbCheckpoints } from '../../adapters/dynamodb/checkpoints.ts';
import { dynamodbClient } from '../../adapters/dynamodb/client.ts';
import { dynamodbOutbox } from '../../adapters/dynamodb/outbox.ts';
import { dynamodbProjectStore } from '../../adapters/dynamodb/project-store.ts';
import { dynamodbTaskHistory } from '../../adapters/dynamodb/task-history.ts';
import { dynamodbTaskStore } from '../../adapters/dynamodb/task-store.ts';
import { dynamodbTaskTally } from '../../adapters/dynamodb/task-tally.ts';
import { dynamodbWebhookStore } from '../../adapters/dynamodb/webhook-store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Config } from '../../config.ts';
import type { Backend, OpenBackend } from '../backend.ts';
import { TOKENS } from '../tokens.ts';

export const stores: Backend = async (config) => {
  const client = dynamodbClient({
    ...(config.dynamodbEndpoint === undefined ? {} : { endpoint: config.dynamodbEndpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
  });
  return { ...storesOn(client, config), close: async () => client.destroy() };
};

/** The stores' bindings on a client, whatever it is connected to, and the probe of all their tables. */
export const storesOn = (client: ReturnType<typeof dynamodbClient>, config: Config): OpenBackend => {
  const tasks = { client, tableName: config.tasksTable };
  const projects = { client, tableName: config.projectsTable };
  const webhooks = { client, tableName: config.webhooksTable };
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.taskStore).toResolvedValue((clock) => dynamodbTaskStore({ ...tasks, clock }), [TOKENS.clock]);
    bind(TOKENS.taskTally).toResolvedValue(() => dynamodbTaskTally(tasks));
    bind(TOKENS.taskHistory).toResolvedValue(
      (clock) => dynamodbTaskHistory({ ...tasks, clock }),
      [TOKENS.clock],
    );
    bind(TOKENS.projectStore).toResolvedValue(() => dynamodbProjectStore(projects));
    bind(TOKENS.checkpoints).toResolvedValue(
      (clock) => dynamodbCheckpoints({ ...tasks, clock }),
      [TOKENS.clock],
    );
    bind(TOKENS.webhookStore).toResolvedValue(() => dynamodbWebhookStore(webhooks));
    bind(TOKENS.outboxAndQueues).toResolvedValue(
      (clock) => dynamodbOutbox({ ...webhooks, clock }),
      [TOKENS.clock],
    );
    bind(TOKENS.outbox).toService(TOKENS.outboxAndQueues);
    bind(TOKENS.outboxQueues).toService(TOKENS.outboxAndQueues);
  });
  const connect = async () => {
    await dynamodbTaskStore({ ...tasks, clock: systemClock() }).find('health');
  };
  const store = {
    name: 'store',
    required: true,
    async check() {
      // A table that is missing shows nowhere else before the first write to it.
      await Promise.all([
        connect(),
        dynamodbProjectStore(projects).find('health'),
        dynamodbWebhookStore(webhooks).find('health'),
      ]);
    },
    connect,
  };
  return { module, probes: [store] };
};
