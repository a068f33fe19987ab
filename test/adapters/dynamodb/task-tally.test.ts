import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { dynamodbTaskTally } from '../../../src/adapters/dynamodb/task-tally.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { taskTallyContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { NOON } from '../../support/tasks.ts';

onEveryDynamodb('TaskTally', taskTallyContract, ({ client, names }) => ({
  store: dynamodbTaskStore({ client, tableName: names.tasks, clock: memoryClock(NOON) }),
  tally: dynamodbTaskTally({ client, tableName: names.tasks }),
}));
