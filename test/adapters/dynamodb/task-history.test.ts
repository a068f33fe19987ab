import { dynamodbTaskHistory } from '../../../src/adapters/dynamodb/task-history.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { taskHistoryContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { NOON } from '../../support/tasks.ts';

onEveryDynamodb('TaskHistory', taskHistoryContract, ({ client, names }) =>
  dynamodbTaskHistory({ client, tableName: names.tasks, clock: memoryClock(NOON) }),
);
