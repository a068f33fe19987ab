import { MiyabiError } from '../domain/errors.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';

/** The tasks that are expected to start regularly. A sweep looks at them even while they do not run. */
export type Expectations = Readonly<{
  /**
   * Adds a task, before it is written with what is expected of it.
   *
   * @throws MiyabiError `limit_reached`, `unavailable`
   */
  add(taskId: string): Promise<void>;
  /** Those with an expected period. Others are dropped from the list. @throws MiyabiError `unavailable` */
  tasks(): Promise<readonly StoredTask[]>;
}>;

/** One sweep can look at all of them. */
export const MAX_EXPECTED = 1_000;
const KEY = 'expected-tasks';
/** How long a task that was added may not exist yet, because it is still being written, in milliseconds. */
const PENDING_MS = 10 * 60_000;
const READ = 100;

export const expectations = ({
  checkpoints,
  taskStore,
  clock,
  retryOnConflict,
}: Pick<Ports, 'checkpoints' | 'taskStore' | 'clock'> &
  Readonly<{ retryOnConflict: RetryOnConflict }>): Expectations => {
  const change = (step: (added: Readonly<Record<string, number>>) => Record<string, number> | undefined) =>
    retryOnConflict<void>(async () => {
      const kept = await checkpoints.read(KEY);
      const next = step(addedIn(kept?.value));
      if (next === undefined) return { result: undefined };
      return { result: undefined, write: () => checkpoints.write(KEY, next, kept?.version ?? 0) };
    });

  return {
    add: (taskId) =>
      change((added) => {
        if (Object.hasOwn(added, taskId)) return undefined;
        if (Object.keys(added).length >= MAX_EXPECTED) {
          throw new MiyabiError(
            'limit_reached',
            `No more than ${MAX_EXPECTED} tasks can have an expected period; remove "expect" from some`,
          );
        }
        return { ...added, [taskId]: clock.now() };
      }),

    async tasks() {
      const added = addedIn((await checkpoints.read(KEY))?.value);
      const ids = Object.keys(added);
      const found: StoredTask[] = [];
      for (let from = 0; from < ids.length; from += READ) {
        found.push(...(await taskStore.findMany(ids.slice(from, from + READ))));
      }
      const expected = found.filter(({ expect }) => expect !== undefined);
      const known = new Set(expected.map(({ task_id }) => task_id));
      const isOver = (id: string, at: number) => !known.has(id) && clock.now() - at > PENDING_MS;
      if (Object.entries(added).some(([id, at]) => isOver(id, at))) {
        await change((now) => Object.fromEntries(Object.entries(now).filter(([id, at]) => !isOver(id, at))));
      }
      return expected;
    },
  };
};

const addedIn = (value: Json | undefined): Readonly<Record<string, number>> =>
  isJsonObject(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([id, at]) => (typeof at === 'number' ? [[id, at] as const] : [])),
      )
    : {};
