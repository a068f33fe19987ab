import { dynamodbCheckpoints } from '../../../src/adapters/dynamodb/checkpoints.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { checkpointsContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { slowly } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

slowly(
  () =>
    onEveryDynamodb('Checkpoints', checkpointsContract, ({ client, names }) =>
      dynamodbCheckpoints({ client, tableName: names.tasks, clock: memoryClock(NOON) }),
    ),
  {
    only: [
      'a reader beside a writer of large values sees one of them, whole',
      'keeps values of two megabytes, which may shrink and grow again',
    ],
  },
);
