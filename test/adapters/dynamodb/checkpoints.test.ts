import { dynamodbCheckpoints } from '../../../src/adapters/dynamodb/checkpoints.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { checkpointsContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { NOON } from '../../support/tasks.ts';

onEveryDynamodb('Checkpoints', checkpointsContract, ({ client, names }) =>
  dynamodbCheckpoints({ client, tableName: names.tasks, clock: memoryClock(NOON) }),
);
