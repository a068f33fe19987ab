import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { taskStoreContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { NOON } from '../../support/tasks.ts';

onEveryDynamodb('TaskStore', taskStoreContract, ({ client, names }) =>
  dynamodbTaskStore({ client, tableName: names.tasks, clock: memoryClock(NOON) }),
);
