import { steadyClock, systemClock } from '../adapters/system/clock.ts';
import { type Config, tableNames } from '../config.ts';
import { isOutside, type SetUpStep } from '../ports/backend.ts';
import type { Logger } from '../ports/logger.ts';

/**
 * Makes what is missing at the configured endpoints: tables with their indexes and expiry, log groups. It changes
 * nothing that exists, so it is safe to run twice. A deployed stack has all of this already.
 *
 * @throws MiyabiError `configuration` where a resource exists in another form, or access is refused; `unavailable`.
 */
export async function* setUp(config: Config, logger: Logger): AsyncIterable<SetUpStep> {
  yield* setUpStores(config, logger);
  yield* setUpLogs(config);
  if (config.cache === 'redis' || config.feed === 'redis') yield await pingRedis(config, logger);
}

async function* setUpStores(config: Config, logger: Logger): AsyncIterable<SetUpStep> {
  if (isOutside(config.taskStore)) {
    const { setUpOutside } = await import('./backends/outside.ts');
    yield* await setUpOutside(config.taskStore, config, logger);
    return;
  }
  if (config.taskStore !== 'dynamodb') {
    yield {
      what: `task store ${config.taskStore}`,
      outcome: 'nothing to make: the server does it by itself',
    };
    return;
  }
  const { dynamodbClient } = await import('../adapters/dynamodb/client.ts');
  const { createTables } = await import('../adapters/dynamodb/tables.ts');
  const client = dynamodbClient({
    ...(config.dynamodbEndpoint === undefined ? {} : { endpoint: config.dynamodbEndpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
  });
  try {
    const reports = await createTables(client, tableNames(config), { shards: config.taskShards });
    for (const { table, outcome, addedIndexes, ttl } of reports) {
      const indexes = addedIndexes.length === 0 ? '' : `, added ${addedIndexes.join(', ')}`;
      const expiry = ttl === undefined ? '' : `, expiry ${ttl}`;
      yield { what: `table ${table}`, outcome: `${outcome}${indexes}${expiry}` };
    }
  } finally {
    client.destroy();
  }
}

async function* setUpLogs(config: Config): AsyncIterable<SetUpStep> {
  if (config.logSource !== 'cloudwatch') {
    yield { what: `log source ${config.logSource}`, outcome: 'nothing to make' };
    return;
  }
  const { cloudwatchClient } = await import('../adapters/cloudwatch/client.ts');
  const { createLogGroups } = await import('../adapters/cloudwatch/log-groups.ts');
  const client = cloudwatchClient({
    ...(config.cloudwatchLogsEndpoint === undefined ? {} : { endpoint: config.cloudwatchLogsEndpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
  });
  try {
    for (const { log_group, outcome } of await createLogGroups(client, config.logGroups)) {
      yield { what: `log group ${log_group}`, outcome };
    }
  } finally {
    client.destroy();
  }
}

const pingRedis = async (config: Config, logger: Logger): Promise<SetUpStep> => {
  const { cache } = await import('./backends/redis.ts');
  const { close, probes = [] } = await cache(config, {
    logger,
    clock: systemClock(logger),
    steadyClock: steadyClock(),
  });
  try {
    for (const probe of probes) await probe.check();
    return { what: `Redis at ${config.redis?.host}:${config.redis?.port}`, outcome: 'found' };
  } finally {
    await close?.();
  }
};
