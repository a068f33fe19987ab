// A process for a test to kill: it updates 16 tasks in the store of a folder, without end, and prints `TASK VERSION`
// once a version, its point of history and its event in the outbox are acknowledged. Every other task is committed with
// its point and the metrics of its project. SIGTERM closes the store.

import { openEmbeddedStore } from '../../src/adapters/embedded/open.ts';
import { embeddedOutbox } from '../../src/adapters/embedded/outbox.ts';
import { embeddedProjectStore } from '../../src/adapters/embedded/project-store.ts';
import { embeddedTaskCommits } from '../../src/adapters/embedded/task-commits.ts';
import { embeddedTaskHistory } from '../../src/adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../src/adapters/embedded/task-store.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { countTogether, emptyProject } from '../../src/domain/projects/project.ts';
import type { HistoryPoint } from '../../src/domain/tasks/progress.ts';
import { TASK_STATUSES } from '../../src/domain/tasks/status.ts';
import type { StoredTask } from '../../src/domain/tasks/task.ts';
import { aPoint, aTask, NOON, nextOf } from './tasks.ts';

const TASKS = 16;
const [path = ''] = process.argv.slice(2);
const clock = memoryClock(NOON);
const { database, close } = await openEmbeddedStore({ path, clock, logger: memoryLogger() });
const tasks = embeddedTaskStore({ database, clock });
const history = embeddedTaskHistory({ database, clock });
const projects = embeddedProjectStore({ database });
const commits = embeddedTaskCommits({ database, clock, projects });
const outbox = embeddedOutbox({ database, clock, tokens: () => 'token' });

/** Saves a task, and counts it in its project, by one write. */
const commit = async (next: StoredTask, points: readonly HistoryPoint[]): Promise<StoredTask> => {
  const { task } = await commits.commit(next, points, (projectNow) =>
    countTogether(projectNow() ?? emptyProject(next.project_id, NOON), next, NOON),
  );
  return task;
};

const keepUpdating = async (id: string, isCommitted: boolean): Promise<void> => {
  let task: StoredTask = (await tasks.find(id)) ?? aTask(id, { version: 0 });
  for (;;) {
    const { version } = task;
    task = nextOf(task, version + 1, { status: TASK_STATUSES[version % TASK_STATUSES.length] ?? 'running' });
    const points = [aPoint(task.version)];
    if (isCommitted) task = await commit(task, points);
    else {
      await tasks.save(task);
      await history.append(id, points);
    }
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
  await Promise.all(Array.from({ length: TASKS }, (_, index) => keepUpdating(`t${index}`, index % 2 === 1)));
} catch (error) {
  // Whatever is asked of a store that closes is refused in these words and in no others.
  if (!stopping || !isMiyabiError(error, 'unavailable')) throw error;
}
