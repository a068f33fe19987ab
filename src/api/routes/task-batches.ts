import { isMiyabiError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import { eachOf, keyedMutex } from '../../services/keyed-mutex.ts';
import { readJson, validate } from '../body.ts';
import { json } from '../message.ts';
import { problemBody } from '../problem.ts';
import type { HttpServices, Route } from '../route.ts';
import { projectGuard } from '../route-parts.ts';
import * as schemas from '../schemas/tasks.ts';
import { createTask } from './tasks.ts';

/** Items of a batch that are dealt with side by side. */
const WIDTH = 8;

/** Several things at once, each with a status of its own: one that is refused stops no other. */
export const batchRoutes = ({ tasks }: HttpServices): readonly Route[] => [
  {
    path: '/api/tasks:batch',
    methods: {
      POST: {
        name: 'createTasks',
        scope: 'write',
        handle: async ({ request, principal, once }) => {
          const { tasks: items } = validate(schemas.taskBatch, readJson(request));
          // A part comes after its parent, and of two with one id the first is made.
          const begun = new Map<string, Promise<object>>();
          const results = await eachOf(items, WIDTH, (item, index) => {
            const { task_id = '', parent_id = '' } = idsIn(item);
            const before = [begun.get(task_id), begun.get(parent_id)];
            const result = itemResult(async () => {
              await Promise.allSettled(before);
              const own = once === undefined ? undefined : { ...once, id: `${once.id}.${index}` };
              const task = await createTask(tasks, principal, item, own);
              return { status: 201, task_id: task.task_id, task };
            });
            if (task_id !== '') begun.set(task_id, result);
            return result;
          });
          return json(200, { results });
        },
      },
    },
  },
  {
    path: '/api/tasks:progress',
    methods: {
      POST: {
        name: 'reportProgressOfTasks',
        scope: 'write',
        handle: async (context) => {
          const { reports } = validate(schemas.progressBatch, readJson(context.request));
          const turn = keyedMutex();
          const results = await eachOf(reports, WIDTH, (item) =>
            itemResult(async () => {
              const { task_id, ...report } = validate(schemas.taskReport, item);
              // Reports of one task in their order: the last of them has the last word.
              const task = await turn(task_id, () => tasks.report(task_id, report, projectGuard(context)));
              return { status: 200, task_id, task };
            }),
          );
          return json(200, { results });
        },
      },
    },
  },
];

/** The ids in an item that nobody has looked at yet. */
const idsIn = (item: unknown): Readonly<{ task_id?: string; parent_id?: string }> => {
  const { task_id, parent_id } = isJsonObject(item) ? item : {};
  return {
    ...(typeof task_id === 'string' ? { task_id } : {}),
    ...(typeof parent_id === 'string' ? { parent_id } : {}),
  };
};

const itemResult = async (job: () => Promise<object>): Promise<object> => {
  try {
    return await job();
  } catch (error) {
    // An outage is the whole batch's: it is to be sent again, under its Idempotency-Key if it has one.
    if (!isMiyabiError(error) || isMiyabiError(error, 'unavailable', 'internal')) throw error;
    const problem = problemBody(error);
    return { status: problem.status, problem };
  }
};
