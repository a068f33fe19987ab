import type { Counted } from '../domain/projects/metrics.ts';
import type { StoredTask } from '../domain/tasks/task.ts';

/**
 * Which tasks the metrics of their projects do not hold as they are, or have pending events. A save
 * of the task store enters a task here, or takes it out, by what the task itself says of both. Every method throws MiyabiError `unavailable` where
 * the backend does not answer.
 */
export interface TaskTally {
  /** Some of those tasks, at most `limit`. It may trail the latest writes by a moment. */
  uncounted(limit: number): Promise<readonly StoredTask[]>;

  /** Enters a task, whatever was counted of it, until it is settled or saved. No error where there is no such task. */
  mark(taskId: string): Promise<void>;

  /**
   * Notes what was counted of a task and, where its events were `published`, drops them and takes it out. Its version stays.
   * Nothing happens where the stored version is another: whoever wrote it has entered it again, or not.
   */
  markAccounted(
    task: Readonly<{ task_id: string; version: number }>,
    counted: Counted,
    published: boolean,
  ): Promise<void>;
}
