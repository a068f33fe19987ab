import type { Clock } from '../../ports/clock.ts';
import type { TaskCommits } from '../../ports/task-commits.ts';
import type { Database } from './database.ts';
import { type EmbeddedProjectStore, projectIn, putProject } from './project-store.ts';
import { putPoints } from './task-history.ts';
import { putTask, requireNext } from './task-store.ts';

/** Task, history and project in one batch. `projects` is the store of the same database. */
export const embeddedTaskCommits = ({
  database,
  clock,
  projects,
}: Readonly<{
  database: Database;
  clock: Clock;
  projects: EmbeddedProjectStore;
}>): Required<TaskCommits> => ({
  async commit(task, points, decide) {
    const committed = await database.write((change) => {
      const now = clock.now();
      const before = requireNext(change, task, now);
      const decided = decide(() => projectIn(change, task.project_id));
      if (decided.project !== undefined) putProject(change, decided.project);
      const noted = before?.expires_on;
      const day = points.length === 0 ? noted : putPoints(change, task.task_id, points, now, noted);
      putTask(change, decided.task, before, day);
      return decided;
    });
    if (committed.project !== undefined) projects.forgetPages();
    return committed;
  },
});
