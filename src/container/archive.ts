import { dynamodbArchive } from '../adapters/dynamodb/archive.ts';
import { dynamodbCheckpoints } from '../adapters/dynamodb/checkpoints.ts';
import { dynamodbClient } from '../adapters/dynamodb/client.ts';
import { dynamodbOutbox } from '../adapters/dynamodb/outbox.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { randomSecrets } from '../adapters/system/secrets.ts';
import { type Config, tableNames } from '../config.ts';
import { MiyabiError } from '../domain/errors.ts';
import type { Archive } from '../ports/archive.ts';
import { isOutside } from '../ports/backend.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { archiveLines, type Counts, restoreLines } from '../services/archive-lines.ts';
import { openStore } from './backends/embedded.ts';

/** A store to export, or to restore. */
export type OpenArchive = Readonly<{
  archive: Archive;
  lines(options: Parameters<typeof archiveLines>[1]): AsyncIterable<string>;
  restore(lines: AsyncIterable<string>, onProgress: (counts: Counts) => void): Promise<Counts>;
  close(): Promise<void>;
}>;

/**
 * Everything that the configured store keeps.
 *
 * @throws MiyabiError `configuration` where the store cannot be opened, or keeps nothing.
 */
export const openArchive = async (
  config: Config,
  { logger, clock = systemClock() }: Readonly<{ logger: Logger; clock?: Clock }>,
): Promise<OpenArchive> => {
  const { archive, close } = await storeOf(config, { logger, clock });
  return {
    archive,
    lines: (options) => archiveLines(archive, options),
    restore: (lines, onProgress) => restoreLines(archive, lines, { secrets: randomSecrets(), onProgress }),
    close,
  };
};

const storeOf = async (
  config: Config,
  { logger, clock }: Readonly<{ logger: Logger; clock: Clock }>,
): Promise<Pick<OpenArchive, 'archive' | 'close'>> => {
  if (isOutside(config.taskStore))
    throw new MiyabiError(
      'configuration',
      `The store ${config.taskStore} is none of ours and cannot be moved; set TASK_STORE to embedded or dynamodb`,
    );
  switch (config.taskStore) {
    case 'embedded':
      return openStore(config, { clock, logger });
    case 'dynamodb': {
      const client = dynamodbClient({
        ...(config.dynamodbEndpoint === undefined ? {} : { endpoint: config.dynamodbEndpoint }),
        ...(config.region === undefined ? {} : { region: config.region }),
      });
      const archive = dynamodbArchive({
        client,
        names: tableNames(config),
        shards: config.taskShards,
        clock,
        checkpoints: dynamodbCheckpoints({ client, tableName: config.tasksTable, clock }),
        outbox: dynamodbOutbox({ client, tableName: config.webhooksTable, clock }),
        onDamaged: (error) => logger.warn('A record that cannot be read was left out', { error }),
      });
      return { archive, close: async () => client.destroy() };
    }
    case 'memory':
      throw new MiyabiError(
        'configuration',
        'The store `memory` keeps nothing that could be moved; set TASK_STORE to embedded or dynamodb',
      );
    default:
      throw new Error(`No such store: ${config.taskStore satisfies never}`);
  }
};
