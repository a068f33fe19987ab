import { isMiyabiError } from '../domain/errors.ts';
import { type Ping, pingTask } from '../domain/tasks/ping.ts';
import type { Cadence } from '../domain/tasks/run.ts';
import type { Task } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { Expectations } from './expectations.ts';
import type { Guard, TaskService } from './tasks.ts';

/** What the first ping sets of a task; any ping may set `expect`. */
export type PingedTask = Readonly<{
  project_id?: string | undefined;
  task_name?: string | undefined;
  expect?: Cadence | undefined;
}>;

/**
 * Records that a task started or ended. The first ping creates the task, named after its id.
 *
 * @throws MiyabiError `already_exists` if the task belongs to another project than the caller's; `limit_reached`;
 * `unavailable`.
 */
export type PingService = (taskId: string, ping: Ping, about: PingedTask, guard: Guard) => Promise<Task>;

export const pingService =
  ({
    taskService: tasks,
    expectations,
    clock,
  }: Pick<Ports, 'clock'> &
    Readonly<{ taskService: TaskService; expectations: Expectations }>): PingService =>
  async (taskId, ping, { expect, project_id, task_name }, guard) => {
    const hear = () =>
      tasks.step(taskId, guard, (task) => {
        const changed = pingTask(task, ping, clock.now());
        return expect === undefined ? changed : { ...changed, task: { ...changed.task, expect } };
      });
    if (expect !== undefined) await expectations.add(taskId);
    try {
      return await hear();
    } catch (error) {
      if (!isMiyabiError(error, 'task_not_found')) throw error;
    }
    try {
      const created = await tasks.create({
        task_id: taskId,
        task_name: task_name ?? taskId,
        task_type: 'job',
        project_id,
        status: 'running',
        expect,
      });
      if (ping.kind === 'start') return created;
    } catch (error) {
      // Another ping was faster, or it is another project's: then it is not found again.
      if (!isMiyabiError(error, 'already_exists')) throw error;
      return hear().catch((second: unknown) => {
        throw isMiyabiError(second, 'task_not_found') ? error : second;
      });
    }
    return hear();
  };
