import { SHARDED_LISTS, shardedInto, UNSHARDED } from '../../../src/adapters/dynamodb/task-shards.ts';
import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { taskStoreContract } from '../../contracts/ports.ts';
import { onEveryDynamodb } from '../../support/dynamodb.ts';
import { NOON } from '../../support/tasks.ts';

// A table without shards, one that gets them but is still read as before, and one that began with them.
for (const shards of [UNSHARDED, { count: 3, step: SHARDED_LISTS - 1 }, shardedInto(4)]) {
  onEveryDynamodb(
    'TaskStore',
    taskStoreContract,
    ({ client, names }) =>
      dynamodbTaskStore({ client, tableName: names.tasks, clock: memoryClock(NOON), shards }),
    shards,
  );
}
