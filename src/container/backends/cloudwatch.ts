import { ContainerModule } from 'inversify';
import { cloudwatchClient } from '../../adapters/cloudwatch/client.ts';
import { cloudwatchLogSource } from '../../adapters/cloudwatch/log-source.ts';
import { systemSleep } from '../../adapters/system/sleep.ts';
import { retrying } from '../../services/retrying.ts';
import type { Backend } from '../backend.ts';
import { TOKENS } from '../tokens.ts';

export const logSource: Backend = async (config) => {
  const client = cloudwatchClient({
    ...(config.cloudwatchLogsEndpoint === undefined ? {} : { endpoint: config.cloudwatchLogsEndpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
  });
  const sleep = systemSleep();
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.logSource).toResolvedValue(
      (clock) =>
        cloudwatchLogSource({
          client,
          groups: config.logGroups,
          clock,
          sleep,
          retry: retrying(sleep, Math.random),
        }),
      [TOKENS.clock],
    );
  });
  return { module, close: async () => client.destroy() };
};
