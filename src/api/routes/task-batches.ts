import { isMiyabiError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import { type BatchItem, itemsBefore } from '../../domain/tasks/batch-order.ts';
import { eachOf, keyedMutex } from '../../services/keyed-mutex.ts';
import { validate } from '../body.ts';
import { json } from '../message.ts';
import { problemBody } from '../problem.ts';
import { jsonAnswer, jsonBody, route } from '../route.ts';
import { projectGuard } from '../route-parts.ts';
import * as schemas from '../schemas/tasks.ts';
import { createTask } from './create-task.ts';

/** Items of a batch that are processed in parallel. */
const WIDTH = 8;

const EACH_ON_ITS_OWN =
  'Each has a result of its own, in the same order; one that is refused stops no other.';

export const batchRoutes = {
  createTasks: route({
    method: 'POST',
    path: '/api/tasks:batch',
    scope: 'write',
    summary: 'Create up to 100 tasks',
    description: EACH_ON_ITS_OWN,
    body: jsonBody(schemas.taskBatch),
    answers: { 200: jsonAnswer('The results', schemas.taskBatchResult) },
    handle: async ({ tasks }, { body: { tasks: items }, principal, once }) => {
      const before = itemsBefore(items.map(idsIn));
      const begun: Promise<object>[] = [];
      const results = await eachOf(items, WIDTH, (item, index) => {
        const waiting = before[index]?.map((earlier) => begun[earlier]) ?? [];
        const result = itemResult(async () => {
          await Promise.allSettled(waiting);
          const own = once === undefined ? undefined : { ...once, id: `${once.id}.${index}` };
          const task = await createTask(tasks, principal, validate(schemas.newTask, item), own);
          return { status: 201, task_id: task.task_id, task };
        });
        begun[index] = result;
        return result;
      });
      return json(200, { results });
    },
  }),
  reportProgressOfTasks: route({
    method: 'POST',
    path: '/api/tasks:progress',
    scope: 'write',
    summary: 'Report progress of up to 100 tasks',
    description: EACH_ON_ITS_OWN,
    body: jsonBody(schemas.progressBatch),
    answers: { 200: jsonAnswer('The results', schemas.progressBatchResult) },
    handle: async ({ tasks }, context) => {
      const inOrder = keyedMutex();
      const results = await eachOf(context.body.reports, WIDTH, (item) =>
        itemResult(async () => {
          const { task_id, ...report } = validate(schemas.taskReport, item);
          // Reports on one task are applied in their order, so that the last one counts.
          const task = await inOrder(task_id, () => tasks.report(task_id, report, projectGuard(context)));
          return { status: 200, task_id, task };
        }),
      );
      return json(200, { results });
    },
  }),
};

/** The ids in an item that was not validated yet. */
const idsIn = (item: unknown): BatchItem => {
  const { task_id, parent_id } = isJsonObject(item) ? item : {};
  return {
    task_id: typeof task_id === 'string' ? task_id : undefined,
    parent_id: typeof parent_id === 'string' ? parent_id : undefined,
  };
};

const itemResult = async (job: () => Promise<object>): Promise<object> => {
  try {
    return await job();
  } catch (error) {
    // An outage fails the whole batch: send it again, under its Idempotency-Key if it has one.
    if (!isMiyabiError(error) || isMiyabiError(error, 'unavailable', 'internal')) throw error;
    const problem = problemBody(error);
    return { status: problem.status, problem };
  }
};
