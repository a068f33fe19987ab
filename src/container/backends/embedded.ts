import { join } from 'node:path';
import { EMBEDDED_PATIENCE, openEmbeddedDynamodb } from '../../adapters/dynalite/embedded.ts';
import { dynamodbClient } from '../../adapters/dynamodb/client.ts';
import { createTables } from '../../adapters/dynamodb/tables.ts';
import { tableNames } from '../../config.ts';
import type { Backend, StorePorts } from '../backend.ts';
import { storesOn } from './dynamodb.ts';

/** DynamoDB's own adapters over a DynamoDB inside this process, its data in a folder. */
export const stores: Backend<StorePorts> = async (config, system) => {
  const server = await openEmbeddedDynamodb({ path: join(config.dataDir, 'db') });
  const client = dynamodbClient({ endpoint: server.endpoint, ...EMBEDDED_PATIENCE });
  const close = async () => {
    client.destroy();
    await server.close();
  };
  try {
    await createTables(client, tableNames(config));
  } catch (error) {
    await close();
    throw error;
  }
  return { ...storesOn(client, config, system), close };
};
