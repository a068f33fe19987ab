import type { Counted } from '../domain/projects/metrics.ts';
import type { StoredTask } from '../domain/tasks/task.ts';

/**
 * Tasks that the metrics of their projects do not count as they are, or that have pending events. A save of the task
 * store adds or removes a task here, depending on the task's own fields. Every method throws MiyabiError `unavailable`
 * where the backend does not answer.
 */
export interface TaskTally {
  /** Some of those tasks, at most `limit`. It may miss the latest writes for a moment. */
  uncounted(limit: number): Promise<readonly StoredTask[]>;

  /** Adds a task, until it is accounted for or saved. A missing task is no error. */
  mark(taskId: string): Promise<void>;

  /**
   * Records what was counted of a task and, if its events were `published`, drops them and removes the task here. Its
   * version stays. Nothing happens if the stored version is another: that write has decided by itself.
   */
  markAccounted(
    task: Readonly<{ task_id: string; version: number }>,
    counted: Counted,
    published: boolean,
  ): Promise<void>;
}
