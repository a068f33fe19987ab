import { cloudwatchClient } from '../../adapters/cloudwatch/client.ts';
import { cloudwatchLogReader } from '../../adapters/cloudwatch/log-reader.ts';
import { cloudwatchLogSource } from '../../adapters/cloudwatch/log-source.ts';
import { defined } from '../../domain/defined.ts';
import type { Backend, LogSourcePorts } from '../backend.ts';

export const logSource: Backend<LogSourcePorts> = async (config, { clock, steadyClock, sleep, backoff }) => {
  const client = cloudwatchClient({
    ...defined({ endpoint: config.cloudwatchLogsEndpoint, region: config.region }),
  });
  const logSource = cloudwatchLogSource({
    client,
    groups: config.logGroups,
    clock,
    steadyClock,
    sleep,
    backoff,
  });
  const logReader = cloudwatchLogReader({ client, groups: config.logGroups, backoff });
  return { ports: { logSource, logReader }, close: async () => client.destroy() };
};
