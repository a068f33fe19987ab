import { roomFor } from '../domain/page.ts';
import type { TaskFilter, TaskPosition } from '../domain/tasks/list.ts';
import { publicTask } from '../domain/tasks/stored.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import { wasIn } from '../domain/tasks/trail.ts';
import { fromIso, toIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskDocument } from '../ports/task-cache.ts';
import type { TaskLister } from './task-list.ts';
import type { WriteWindows } from './write-window.ts';

/** One page that was read: where it ended (null: at the end), when, and what is known better of tasks written then. */
type PageRead = Readonly<{
  to: TaskPosition | null;
  at: number;
  since: number;
  yes: readonly string[];
  no: readonly string[];
}>;

/**
 * How far a client has come through a list. `rounds` are the pages read, the first round through the whole list,
 * each further one through what was updated since the round before began. Undefined: they are too many to remember.
 */
export type WalkState = Readonly<{ rounds?: readonly (readonly PageRead[])[]; after?: TaskPosition }>;

export type WalkPage = Readonly<{ texts: readonly string[]; next?: WalkState }>;

/**
 * Walks through a list, newest update first, page by page. A task that is updated meanwhile moves to the front, which
 * a client has passed; so the walk goes on, after the end, with what was updated since it began and was not given
 * yet. Every task that is in the list throughout is given once.
 *
 * That is exact while one process writes and a task is updated no more than 16 times and for no more than 15 minutes
 * during the walk; beyond that a task may be given twice. Walks of more than `MAX_PAGES` pages end with the first round.
 */
export type TaskWalk = (
  query: TaskFilter & Readonly<{ limit: number }>,
  state?: WalkState,
) => Promise<WalkPage>;

export const MAX_PAGES = 250;
/** How many pages without anything new one answer reads on. */
const MAX_READS = 10;

export const taskWalk =
  ({
    taskStore: tasks,
    taskLister: lister,
    writeWindows: windows,
  }: Pick<Ports, 'taskStore'> & Readonly<{ taskLister: TaskLister; writeWindows: WriteWindows }>): TaskWalk =>
  async ({ limit, ...filter }, state = { rounds: [[]] }) => {
    const texts: string[] = [];
    let { rounds, after } = state;
    let reads = 0;
    for (;;) {
      const window = windows.open();
      const isFirst = rounds === undefined || rounds.length === 1;
      const query = { ...filter, ...(after === undefined ? {} : { after }) };
      const since = isFirst ? {} : sinceBefore(rounds ?? [], filter);
      // The first round gives what it finds; whoever comes later is looked at as it is stored, with its trail.
      const read = (count: number) =>
        isFirst ? lister({ ...query, limit: count }) : tasks.list({ ...query, ...since, limit: count });
      let page = await read(limit);
      const room = roomFor(page.items.map(sizeOf));
      if (room < page.items.length) page = await read(room);
      const written = window.close();
      const found = new Set(page.items.map(({ task_id }) => task_id));
      const fresh = page.items.flatMap((item) =>
        'json' in item || !wasGiven(item, rounds ?? []) ? [textOf(item)] : [],
      );
      // What no longer fits is left to the next answer, which reads it anew.
      const both = [...texts, ...fresh].map(({ length }) => length);
      if (texts.length > 0 && (both.length > limit || roomFor(both) < both.length)) {
        return { texts, next: stateOf(rounds, after) };
      }
      texts.push(...fresh);
      if (rounds === undefined)
        return { texts, ...(page.next === undefined ? {} : { next: { after: page.next } }) };

      const pageRead: PageRead = {
        to: page.next ?? null,
        at: window.at,
        since: window.since,
        yes: [...written].filter((id) => found.has(id)),
        no: [...written].filter((id) => !found.has(id)),
      };
      const round = [...(rounds.at(-1) ?? []), pageRead];
      rounds = [...rounds.slice(0, -1), round];
      if (rounds.flat().length > MAX_PAGES) {
        // Further rounds could not tell what was given, so there are none.
        return { texts, ...(isFirst && page.next !== undefined ? { next: { after: page.next } } : {}) };
      }
      if (page.next !== undefined) {
        reads += 1;
        if (fresh.length > 0 || reads >= MAX_READS) return { texts, next: stateOf(rounds, page.next) };
        after = page.next;
        continue;
      }
      // A round of one page was read in one moment: nothing can have slipped past it.
      if (round.length === 1) return { texts };
      rounds = [...rounds, []];
      after = undefined;
    }
  };

const textOf = (item: TaskDocument | StoredTask): string =>
  'json' in item ? item.json : JSON.stringify(publicTask(item));

const sizeOf = (item: TaskDocument | StoredTask): number => textOf(item).length;

const stateOf = (rounds: WalkState['rounds'], after: TaskPosition | undefined): WalkState => ({
  ...(rounds === undefined ? {} : { rounds }),
  ...(after === undefined ? {} : { after }),
});

/** What the round before did not come to: updates since it began. */
const sinceBefore = (rounds: readonly (readonly PageRead[])[], { updated_since }: TaskFilter): TaskFilter => {
  const began = rounds.at(-2)?.[0]?.since ?? 0;
  return { updated_since: toIso(Math.max(began, updated_since === undefined ? 0 : fromIso(updated_since))) };
};

const wasGiven = (task: StoredTask, rounds: readonly (readonly PageRead[])[]): boolean =>
  rounds.some((round) =>
    round.some(({ to, at, yes, no }, index) => {
      if (yes.includes(task.task_id)) return true;
      if (no.includes(task.task_id)) return false;
      const from = round[index - 1]?.to ?? undefined;
      return wasIn(task, { at, ...(from === undefined ? {} : { from }), ...(to === null ? {} : { to }) });
    }),
  );
