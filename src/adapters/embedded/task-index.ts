import type { Page } from '../../domain/page.ts';
import { matchesFilter, searchable, type TaskPosition } from '../../domain/tasks/list.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';
import { fromIso } from '../../domain/time.ts';
import type { TaskQuery } from '../../ports/task-store.ts';
import { taskCodec } from './codecs.ts';
import type { Database, View } from './database.ts';
import { keyOf, listsFor, segmentsOf, taskKey, timeSegment, under } from './keys.ts';
import { DamagedRecord, textOf } from './record.ts';

/** How many tasks one call looks at if a filter passes over many. */
const LOOKED_AT = 500;
/** How many of them it reads at a time. */
const STEP = 250;

/** A position in a list: the key up to the id belongs to the list. */
type Place = Readonly<{ order: string; task_id: string }>;

/**
 * A page of the list of tasks, newest update first, from the lists that contain it. Index and tasks are read in one
 * consistent view, so that writes meanwhile neither lose nor repeat anything on a page. `oldest`: tasks updated
 * before it have expired, epoch milliseconds.
 */
export const readList = (
  database: Database,
  query: TaskQuery,
  oldest: number,
): Promise<Page<StoredTask, TaskPosition>> =>
  database.view(async (view) => {
    const isWanted = wantedBy(query);
    const since = query.updated_since === undefined ? oldest : Math.max(oldest, fromIso(query.updated_since));
    const places = merged(listsFor(query).map(([by, value]) => placesIn(view, by, value, query, since)));
    const items: StoredTask[] = [];
    let lookedAt = 0;
    for (;;) {
      const step = await places.take(isWanted === undefined ? query.limit + 1 : STEP);
      const values = await view.getMany(step.map(({ task_id }) => taskKey(task_id)));
      for (const [index, { order, task_id }] of step.entries()) {
        const value = values[index];
        if (value === undefined)
          throw new DamagedRecord(`The list of tasks`, `task ${task_id}, which it names, is missing`);
        if (isWanted !== undefined && !isWanted(textOf(value))) continue;
        const task = taskCodec.decode(task_id, value);
        if (orderOf(task) !== order)
          throw new DamagedRecord('The list of tasks', `it names task ${task_id} at another time`);
        if (!matchesFilter(task, query)) continue;
        const last = items.at(-1);
        if (items.length === query.limit && last !== undefined) return { items, next: positionOf(last) };
        items.push(task);
      }
      const end = step.at(-1);
      if (end === undefined || places.isDone()) return { items };
      lookedAt += step.length;
      if (lookedAt >= LOOKED_AT) {
        // The rest is for the next page, which begins after the last task that was read.
        const value = values.at(-1);
        const task = value === undefined ? undefined : taskCodec.decode(end.task_id, value);
        return task === undefined ? { items } : { items, next: positionOf(task) };
      }
    }
  });

const positionOf = ({ updated_at, task_id }: StoredTask): TaskPosition => ({ updated_at, task_id });

/** Compares like positions, from the oldest to the newest. */
const orderOf = ({ updated_at, task_id }: TaskPosition): string =>
  `${timeSegment(fromIso(updated_at))} ${task_id}`;

/**
 * Whether the JSON text of a task can match the filter at all, without parsing it; undefined if every task of the lists
 * does. Candidates are matched again.
 */
const wantedBy = (query: TaskQuery): ((text: string) => boolean) | undefined => {
  const has = (name: string, value: string) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  const needed = [
    ...(query.project_id === undefined ? [] : [has('project_id', query.project_id)]),
    ...(query.task_type === undefined ? [] : [has('task_type', query.task_type)]),
    ...Object.entries(query.labels ?? {}).map(([name, value]) => has(name, value)),
  ];
  const oneOf = query.statuses?.map((status) => has('status', status));
  const name = query.q === undefined ? '' : JSON.stringify(searchable(query.q)).slice(1, -1);
  if (needed.length === 0 && oneOf === undefined && name === '') return undefined;
  return (text) =>
    needed.every((part) => text.includes(part)) &&
    (oneOf === undefined || oneOf.some((part) => text.includes(part))) &&
    (name === '' || searchable(text).includes(name));
};

/** The positions of one list, newest first, in chunks. */
type Places = Readonly<{
  /** Read but not yet returned. */
  ahead: Place[];
  /** Whether nothing is left to read. */
  isRead(): boolean;
  read(count: number): Promise<void>;
}>;

const placesIn = (view: View, by: string, value: string, { after }: TaskQuery, since: number): Places => {
  const all = under('i', by, value);
  const gt = since <= 0 ? all.gt : keyOf('i', by, value, timeSegment(since - 1), '\uffff');
  let lt =
    after === undefined
      ? all.lt
      : keyOf('i', by, value, timeSegment(fromIso(after.updated_at)), after.task_id);
  const ahead: Place[] = [];
  let read = gt >= lt;
  return {
    ahead,
    isRead: () => read,
    async read(count) {
      const keys = await view.keys({ gt, lt, reverse: true, limit: count });
      if (keys.length < count) read = true;
      lt = keys.at(-1) ?? lt;
      for (const key of keys) {
        const [, , , updated = '', task_id = ''] = segmentsOf(key);
        ahead.push({ order: `${updated} ${task_id}`, task_id });
      }
    },
  };
};

/** Several lists as one. */
const merged = (lists: readonly Places[]) => ({
  isDone: () => lists.every((list) => list.isRead() && list.ahead.length === 0),
  /** The next positions of all lists, at most this many; none if the lists have ended. */
  async take(count: number): Promise<readonly Place[]> {
    await Promise.all(
      lists.filter((list) => list.ahead.length < count && !list.isRead()).map((list) => list.read(count)),
    );
    const [only] = lists;
    if (lists.length === 1 && only !== undefined) return only.ahead.splice(0, count);
    const all = lists
      .flatMap((list) => list.ahead.slice(0, count))
      .sort((a, b) => (a.order > b.order ? -1 : 1))
      .slice(0, count);
    const taken = new Set(all);
    for (const list of lists) {
      const kept = list.ahead.findIndex((place) => !taken.has(place));
      list.ahead.splice(0, kept === -1 ? list.ahead.length : kept);
    }
    return all;
  },
});
