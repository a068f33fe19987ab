import { dynamodbOutbox } from '../../../src/adapters/dynamodb/outbox.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { outboxContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { NOON } from '../../support/tasks.ts';

onEveryDynamodb('Outbox', outboxContract, ({ client, names }) => {
  const clock = memoryClock(NOON);
  return { outbox: dynamodbOutbox({ client, tableName: names.webhooks, clock }), clock };
});
