import type * as v from 'valibot';
import { ownDetails, ownLog, requireOwn } from '../../domain/projects/access.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { OnceContext } from '../../services/idempotency.ts';
import type { TaskService } from '../../services/tasks.ts';
import type { Principal } from '../auth.ts';
import { orMadeBefore } from '../route-parts.ts';
import type { newTask } from '../schemas/tasks.ts';

/** Creates a task, or finds the one that a process created before it died. */
export const createTask = async (
  tasks: TaskService,
  principal: Principal,
  input: v.InferOutput<typeof newTask>,
  once?: OnceContext,
): Promise<Task> => {
  requireOwn(principal, input.project_id);
  const task_id = input.task_id ?? once?.id;
  // Its lines are kept where a key of this project posts them.
  const { log_group } = input.details ?? {};
  const details =
    input.details === undefined
      ? undefined
      : input.run === undefined || log_group === undefined
        ? ownDetails(principal, input.details)
        : { ...input.details, log_group: ownLog(principal, { log_group }).log_group };
  return orMadeBefore(
    () => tasks.create({ ...input, details, task_id, project_id: input.project_id ?? principal.project_id }),
    once?.resumed === true && input.task_id === undefined && task_id !== undefined
      ? () => tasks.patch(task_id, {})
      : undefined,
  );
};
