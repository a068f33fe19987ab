import { dynamodbProjectStore } from '../../../src/adapters/dynamodb/project-store.ts';
import { projectStoreContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';

onEveryDynamodb('ProjectStore', projectStoreContract, ({ client, names }) =>
  dynamodbProjectStore({ client, tableName: names.projects }),
);
