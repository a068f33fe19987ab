import type { StoredProject } from '../domain/projects/project.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import type { StoredTask } from '../domain/tasks/task.ts';

/** What a commit writes of a task and its project. Without a project, that stays as it is. */
export type Committed = Readonly<{ task: StoredTask; project?: StoredProject | undefined }>;

/** Writes of several stores as one. A backend that has no such write leaves `commit` out. */
export interface TaskCommits {
  /**
   * Saves a task as `TaskStore.save` does, adds points to its history, and saves its project: all of it, or nothing.
   * `decide` can read the project as it is stored, and returns the project's next version and the task as it is to be
   * stored, with the id, project and version that it was given. No other write comes between it and the commit.
   *
   * @throws MiyabiError as `TaskStore.save`, and `unavailable` where the backend does not answer.
   */
  commit?(
    task: StoredTask,
    points: readonly HistoryPoint[],
    decide: (projectNow: () => StoredProject | undefined) => Committed,
  ): Promise<Committed>;
}
