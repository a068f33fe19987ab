import {
  SHARDED_LISTS,
  shardedInto,
  type TaskShards,
  UNSHARDED,
} from '../../../src/adapters/dynamodb/task-shards.ts';
import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { taskStoreContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { slowly } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

const onLayout = (shards: TaskShards): void =>
  onEveryDynamodb(
    'TaskStore',
    taskStoreContract,
    ({ client, names }) =>
      dynamodbTaskStore({ client, tableName: names.tasks, clock: memoryClock(NOON), shards }),
    shards,
  );

// A table without shards, one that gets them but is still read as before, and one that began with them.
slowly(() => onLayout(UNSHARDED));
slowly(() => onLayout({ count: 3, step: SHARDED_LISTS - 1 }));
slowly(() => onLayout(shardedInto(4)), {
  only: [
    'pages through equal times without losing or repeating a task',
    'finds many at once: each once, even with missing ids, repeated ids or more than a hundred',
    'lets exactly one of 50 concurrent creations of an id win',
    'lets exactly one of 100 concurrent saves of a version win',
  ],
});
