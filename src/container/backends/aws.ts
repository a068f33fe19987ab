import type { Config } from '../../config.ts';
import type { WebhookClient } from '../../ports/webhook-client.ts';
import type { Backend, LogSourcePorts, OpenBackend, StorePorts } from '../backend.ts';
import { lazyPort, once } from '../lazy.ts';
import { STORE_METHODS } from '../port-methods.ts';

/**
 * DynamoDB, loaded when a store is first called. A request that the cache answers does without the AWS SDK, which takes
 * longer to load than everything else together.
 */
export const dynamodb: Backend<StorePorts> = async (config, system) => {
  const { open, close } = opener(async () => (await import('./dynamodb.ts')).stores(config, system));
  const port = <Name extends keyof typeof STORE_METHODS>(name: Name): StorePorts[Name] =>
    lazyPort<StorePorts[Name]>(STORE_METHODS[name], async () => (await open()).ports[name]);
  const check = async () => {
    for (const probe of (await open()).probes ?? []) await probe.check();
  };
  const connect = async () => {
    for (const probe of (await open()).probes ?? []) await (probe.connect ?? probe.check)();
  };
  return {
    ports: {
      taskStore: port('taskStore'),
      taskTally: port('taskTally'),
      taskHistory: port('taskHistory'),
      taskCommits: {},
      projectStore: port('projectStore'),
      checkpoints: port('checkpoints'),
      webhookStore: port('webhookStore'),
      outbox: port('outbox'),
      outboxQueues: port('outboxQueues'),
      lineStore: port('lineStore'),
      keyStore: port('keyStore'),
    },
    close,
    probes: [{ name: 'store', required: true, check, connect }],
  };
};

/** CloudWatch Logs, loaded when logs are first read. */
export const cloudwatch: Backend<LogSourcePorts> = async (config, system) => {
  const { open, close } = opener(async () => (await import('./cloudwatch.ts')).logSource(config, system));
  const logSource = lazyPort<LogSourcePorts['logSource']>(
    { groups: 'promise', read: 'stream' },
    async () => (await open()).ports.logSource,
  );
  const logReader = lazyPort<LogSourcePorts['logReader']>(
    { read: 'promise' },
    async () => (await open()).ports.logReader,
  );
  return { ports: { logSource, logReader }, close };
};

/** The HTTP client of webhooks, loaded with the first message. */
export const webhookClient = ({ webhookAllow: allowed }: Config): WebhookClient =>
  lazyPort<WebhookClient>({ post: 'promise' }, async () => {
    const { httpWebhookClient } = await import('../../adapters/http/webhook-client.ts');
    return httpWebhookClient({ allowed });
  });

/** Opens a backend with the first call, and closes it only if it was opened. */
const opener = <Provided>(load: () => Promise<OpenBackend<Provided>>) => {
  let opened: Promise<OpenBackend<Provided>> | undefined;
  const open = once(() => {
    opened = load();
    return opened;
  });
  return { open, close: async () => (await opened)?.close?.() };
};
