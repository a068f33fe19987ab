// A process for a test to kill: it updates 16 tasks in the store of a folder, without end, and prints `TASK VERSION`
// once a version, its point of history and its event in the outbox are acknowledged. SIGTERM closes the store.

import { openEmbeddedStore } from '../../src/adapters/embedded/open.ts';
import { embeddedOutbox } from '../../src/adapters/embedded/outbox.ts';
import { embeddedTaskHistory } from '../../src/adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../src/adapters/embedded/task-store.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { TASK_STATUSES } from '../../src/domain/tasks/status.ts';
import { aPoint, aTask, NOON, nextOf } from './tasks.ts';

const TASKS = 16;
const [path = ''] = process.argv.slice(2);
const clock = memoryClock(NOON);
const { database, close } = await openEmbeddedStore({ path, clock, logger: memoryLogger() });
const tasks = embeddedTaskStore({ database, clock });
const history = embeddedTaskHistory({ database, clock });
const outbox = embeddedOutbox({ database, clock, tokens: () => 'token' });

const keepUpdating = async (id: string): Promise<void> => {
  let task = (await tasks.find(id)) ?? aTask(id, { version: 0 });
  for (;;) {
    const { version } = task;
    task = nextOf(task, version + 1, { status: TASK_STATUSES[version % TASK_STATUSES.length] ?? 'running' });
    await tasks.save(task);
    await history.append(id, [aPoint(task.version)]);
    await outbox.add([
      {
        delivery_id: `${id}-${task.version}`,
        webhook_id: id,
        project_id: task.project_id,
        event: 'task.completed',
        body: '{}',
        attempts: 0,
        due_at: NOON,
        created_at: NOON,
      },
    ]);
    process.stdout.write(`${id} ${task.version}\n`);
  }
};

let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
  void close();
});
try {
  await Promise.all(Array.from({ length: TASKS }, (_, index) => keepUpdating(`t${index}`)));
} catch (error) {
  // Whatever is asked of a store that closes is refused in these words and in no others.
  if (!stopping || !isMiyabiError(error, 'unavailable')) throw error;
}
