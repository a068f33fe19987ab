import { dynamodbWebhookStore } from '../../../src/adapters/dynamodb/webhook-store.ts';
import { webhookStoreContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';

onEveryDynamodb('WebhookStore', webhookStoreContract, ({ client, names }) =>
  dynamodbWebhookStore({ client, tableName: names.webhooks }),
);
