import { Container, ContainerModule, type ServiceIdentifier } from 'inversify';
import type { Config } from '../../config.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogSource } from '../../ports/log-source.ts';
import type { Logger } from '../../ports/logger.ts';
import type { WebhookClient } from '../../ports/webhook-client.ts';
import type { Backend } from '../backend.ts';
import { TOKENS } from '../tokens.ts';

/**
 * DynamoDB, of which nothing is loaded before a store is asked for something: a request that the cache answers does
 * without the AWS SDK, which takes longer to load than all the rest.
 */
export const dynamodb: Backend = async (config, logger) => {
  const late = openLater(async () => (await import('./dynamodb.ts')).stores, config, logger);
  const module = new ContainerModule(({ bind }) => {
    const bindLater = <Port extends Promising<Port>>(token: ServiceIdentifier<Port>) =>
      bind(token).toResolvedValue((clock) => promising(() => late.get(token, clock)), [TOKENS.clock]);
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
    const { probes = [] } = await late.open();
    for (const probe of probes) await probe.check();
  };
  return { module, close: late.close, probes: [{ name: 'store', required: true, check }] };
};

/** CloudWatch Logs, loaded when logs are first read. */
export const cloudwatch: Backend = async (config, logger) => {
  const late = openLater(async () => (await import('./cloudwatch.ts')).logSource, config, logger);
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.logSource).toResolvedValue(
      (clock): LogSource => ({
        async groups() {
          return (await late.get(TOKENS.logSource, clock)).groups();
        },
        async *read(query) {
          yield* (await late.get(TOKENS.logSource, clock)).read(query);
        },
      }),
      [TOKENS.clock],
    );
  });
  return { module, close: late.close };
};

/** Webhooks go out by a client that is loaded with the first of them. */
export const webhookClient = ({ webhookAllow: allowed }: Config): WebhookClient => {
  let client: Promise<WebhookClient> | undefined;
  return promising(() => {
    client ??= import('../../adapters/http/webhook-client.ts').then((http) =>
      http.httpWebhookClient({ allowed }),
    );
    return client;
  });
};

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

/** A port all of whose methods answer with a promise. */
type Promising<Port> = Readonly<Record<keyof Port, (...input: never[]) => Promise<unknown>>>;

/** A port that asks for the real one with each call. */
const promising = <Port extends Promising<Port>>(real: () => Promise<Port>): Port =>
  new Proxy({} as Port, {
    get(_port, name) {
      // Whoever waits for a port must not take it for a promise.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return async (...input: never[]) => (await real())[name as keyof Port](...input);
    },
  });
