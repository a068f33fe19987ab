import { Container, ContainerModule, type ServiceIdentifier } from 'inversify';
import type { Config } from '../../config.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogSource } from '../../ports/log-source.ts';
import type { Logger } from '../../ports/logger.ts';
import type { WebhookClient } from '../../ports/webhook-client.ts';
import type { Backend } from '../backend.ts';
import { late, type Promising, promising } from '../late.ts';
import { TOKENS } from '../tokens.ts';

/**
 * DynamoDB, of which nothing is loaded before a store is asked for something: a request that the cache answers does
 * without the AWS SDK, which takes longer to load than all the rest.
 */
export const dynamodb: Backend = async (config, logger) => {
  const later = openLater(async () => (await import('./dynamodb.ts')).stores, config, logger);
  const module = new ContainerModule(({ bind }) => {
    const bindLater = <Port extends Promising<Port>>(token: ServiceIdentifier<Port>) =>
      bind(token).toResolvedValue((clock) => promising(() => later.get(token, clock)), [TOKENS.clock]);
    bindLater(TOKENS.taskStore);
    bindLater(TOKENS.taskTally);
    bindLater(TOKENS.taskHistory);
    bindLater(TOKENS.projectStore);
    bindLater(TOKENS.checkpoints);
    bindLater(TOKENS.webhookStore);
    bindLater(TOKENS.outboxAndQueues);
    bind(TOKENS.outbox).toService(TOKENS.outboxAndQueues);
    bind(TOKENS.outboxQueues).toService(TOKENS.outboxAndQueues);
  });
  const check = async () => {
    const { probes = [] } = await later.open();
    for (const probe of probes) await probe.check();
  };
  const connect = async () => {
    const { probes = [] } = await later.open();
    for (const probe of probes) await (probe.connect ?? probe.check)();
  };
  return { module, close: later.close, probes: [{ name: 'store', required: true, check, connect }] };
};

/** CloudWatch Logs, loaded when logs are first read. */
export const cloudwatch: Backend = async (config, logger) => {
  const later = openLater(async () => (await import('./cloudwatch.ts')).logSource, config, logger);
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.logSource).toResolvedValue(
      (clock): LogSource => ({
        async groups() {
          return (await later.get(TOKENS.logSource, clock)).groups();
        },
        async *read(query) {
          yield* (await later.get(TOKENS.logSource, clock)).read(query);
        },
      }),
      [TOKENS.clock],
    );
  });
  return { module, close: later.close };
};

/** Webhooks go out by a client that is loaded with the first of them. */
export const webhookClient = ({ webhookAllow: allowed }: Config): WebhookClient =>
  late(async () => {
    const { httpWebhookClient } = await import('../../adapters/http/webhook-client.ts');
    return httpWebhookClient({ allowed });
  });

const openLater = (load: () => Promise<Backend>, config: Config, logger: Logger) => {
  let opening: ReturnType<Backend> | undefined;
  let loading: Promise<Container> | undefined;
  const open = () => {
    opening ??= load().then((backend) => backend(config, logger));
    return opening;
  };
  const containerWith = async (clock: Clock): Promise<Container> => {
    const container = new Container({ defaultScope: 'Singleton' });
    container.bind(TOKENS.clock).toConstantValue(clock);
    await container.load((await open()).module);
    return container;
  };
  return {
    open,
    async get<Port>(token: ServiceIdentifier<Port>, clock: Clock): Promise<Port> {
      loading ??= containerWith(clock);
      return (await loading).get(token);
    },
    async close() {
      await (await opening)?.close?.();
    },
  };
};
