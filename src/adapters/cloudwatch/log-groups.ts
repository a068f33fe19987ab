import { type CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { isAlreadyThere, translated } from './errors.ts';

export type LogGroupReport = Readonly<{ log_group: string; outcome: 'found' | 'made' }>;

/**
 * Makes the log groups that are missing. Safe to run twice.
 *
 * @throws MiyabiError `unavailable` where CloudWatch Logs does not answer; `configuration` where it refuses.
 */
export const createLogGroups = async (
  client: CloudWatchLogsClient,
  names: readonly string[],
): Promise<readonly LogGroupReport[]> => {
  const reports: LogGroupReport[] = [];
  for (const name of names) {
    try {
      await client.send(new CreateLogGroupCommand({ logGroupName: name }));
      reports.push({ log_group: name, outcome: 'made' });
    } catch (error) {
      if (!isAlreadyThere(error)) throw translated(name, error);
      reports.push({ log_group: name, outcome: 'found' });
    }
  }
  return reports;
};
