// A process of its own for a test to kill: it writes tasks and history points into the folder given, without end, and
// prints the number of each write once it is acknowledged.
import { openEmbeddedDynamodb } from '../../src/adapters/dynalite/embedded.ts';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { dynamodbTaskHistory } from '../../src/adapters/dynamodb/task-history.ts';
import { dynamodbTaskStore } from '../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { aPoint, aTask, NOON, nextOf } from './tasks.ts';

const [path = ''] = process.argv.slice(2);
const { endpoint } = await openEmbeddedDynamodb({ path });
const client = dynamodbClient({ endpoint });
await createTables(client, { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' });
const options = { client, tableName: 'tasks', clock: memoryClock(NOON) };
const tasks = dynamodbTaskStore(options);
const history = dynamodbTaskHistory(options);

let number = 0;
const write = async (): Promise<void> => {
  for (;;) {
    number += 1;
    const mine = number;
    const task = aTask(`t${mine}`, {}, mine);
    await tasks.save(task);
    await tasks.save(nextOf(task, mine + 1, { status: 'completed' }));
    await history.append(task.task_id, [aPoint(mine)]);
    process.stdout.write(`${mine}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, write));
