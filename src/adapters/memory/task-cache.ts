import { LRUCache } from 'lru-cache';
import { byNewest, type TaskPosition } from '../../domain/tasks/list.ts';
import { scopeName, scopesFor, scopesOf, type TaskScope } from '../../domain/tasks/scopes.ts';
import { isTerminal } from '../../domain/tasks/status.ts';
import { taskText } from '../../domain/tasks/stored.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { toIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { CACHE_TTL, type TaskCache, type TaskDocument } from '../../ports/task-cache.ts';
import {
  LIST_CACHE,
  type ListAnswer,
  type TaskListCache,
  type TaskListPage,
} from '../../ports/task-list-cache.ts';
import type { TaskQuery } from '../../ports/task-store.ts';
import { type SortedList, sortedList } from './sorted-list.ts';

export type MemoryTaskCacheOptions = Readonly<{
  clock: Clock;
  /** How many entries to keep, by default 10,000. The least recently used ones are dropped. */
  capacity?: number;
  /** How far the store's lists may lag behind its latest saves, in milliseconds: by default they do not. */
  storeDelayMs?: number;
}>;

type TaskEntry = Readonly<{
  kind: 'task';
  until: number;
  document: TaskDocument;
  place: Pick<Task, 'task_id' | 'updated_at' | 'project_id' | 'status'>;
}>;
/** `unsure`: a save followed the deletion; the task may have been created again, or the save was merely late. */
type RemovedEntry = Readonly<{ kind: 'removed'; until: number; at: number; unsure: boolean }>;
type Entry = TaskEntry | RemovedEntry | Readonly<{ kind: 'absent'; until: number }>;

/** From where on a list is unknown: after this position, or nowhere. */
type Floor = TaskPosition | 'end';

type List = {
  readonly scope: TaskScope;
  readonly token: string;
  readonly until: number;
  readonly order: SortedList<TaskPosition, TaskPosition>;
  readonly places: Map<string, TaskPosition>;
  /** Undefined until the list is filled for the first time. */
  floor?: Floor;
};

/** Pages are asked for again by every open dashboard. */
const MAX_ANSWERED = 20;

/** A cache of tasks and of lists of them in this process's memory. */
export const memoryTaskCache = ({
  clock,
  capacity = 10_000,
  storeDelayMs = 0,
}: MemoryTaskCacheOptions): TaskCache & TaskListCache => {
  const entries = new LRUCache<string, Entry>({ max: capacity });
  const lists = new LRUCache<string, List>({ max: 1_000 });
  /** When each task was last saved, in that order, as far back as the store may not list it yet. */
  const recent = new Map<string, number>();
  const startedAt = clock.now();
  let tickets = 0;
  /** The pages that were answered last, until anything in the cache changes. */
  const answered = new LRUCache<string, Readonly<{ page: TaskListPage; until: number }>>({
    max: MAX_ANSWERED,
  });

  const valid = (taskId: string, now = clock.now()): Entry | undefined => {
    const entry = entries.get(taskId);
    if (entry === undefined || entry.until > now) return entry;
    entries.delete(taskId);
    return undefined;
  };

  const keep = (task: Task, until: number): void => {
    const { task_id, version, updated_at, project_id, status } = task;
    const document = Object.freeze({ task_id, version, json: taskText(task) });
    entries.set(task_id, {
      kind: 'task',
      until,
      document,
      place: { task_id, updated_at, project_id, status },
    });
  };

  const remember = (taskId: string): void => {
    if (storeDelayMs === 0) return;
    const now = clock.now();
    recent.delete(taskId);
    recent.set(taskId, now);
    for (const [id, savedAt] of recent) {
      if (savedAt >= now - storeDelayMs) break;
      recent.delete(id);
    }
  };

  /** Adds to a new list what was saved so recently that the store may not list it yet. */
  const putRecent = (list: List): void => {
    for (const [taskId, savedAt] of recent) {
      const entry = savedAt >= clock.now() - storeDelayMs ? valid(taskId) : undefined;
      if (entry?.kind === 'removed' && entry.unsure)
        put(list, { updated_at: toIso(savedAt), task_id: taskId });
      if (entry?.kind === 'task' && isIn(entry.place, list.scope))
        put(list, { updated_at: entry.place.updated_at, task_id: taskId });
    }
  };

  const putInLists = (place: TaskEntry['place']): void => {
    for (const scope of scopesOf(place)) {
      const list = lists.peek(scopeName(scope));
      if (list !== undefined) put(list, { updated_at: place.updated_at, task_id: place.task_id });
    }
  };

  /** The list of a scope; a new one, to be filled, if there is none that is still valid. */
  const listOf = (scope: TaskScope): List => {
    const name = scopeName(scope);
    const known = lists.get(name);
    const now = clock.now();
    if (known !== undefined && known.until > now) return known;
    tickets += 1;
    const list: List = {
      scope,
      token: String(tickets),
      // A cache that has just started does not know what was saved shortly before, so a list begun then is useless.
      until: now < startedAt + storeDelayMs ? now : now + LIST_CACHE.ttl - storeDelayMs,
      order: sortedList(byNewest),
      places: new Map(),
    };
    putRecent(list);
    lists.set(name, list);
    return list;
  };

  const ticketFor = (query: TaskQuery, scopes: readonly TaskScope[]): ListAnswer => ({
    ticket: { query, asOf: clock.now(), tokens: scopes.map((scope) => listOf(scope).token) },
  });

  /** The first tasks of a list after a position, down to the floor; undefined if the list is not complete. */
  const firstOf = (
    list: List,
    floor: Floor,
    query: TaskQuery,
    now: number,
  ): readonly TaskEntry[] | undefined => {
    const found: TaskEntry[] = [];
    const strays: TaskPosition[] = [];
    for (const position of list.order.after(query.after)) {
      if (found.length > query.limit || isBelow(position, floor)) break;
      const entry = valid(position.task_id, now);
      if (entry === undefined || entry.kind === 'absent') {
        lists.delete(scopeName(list.scope));
        return undefined;
      }
      if (entry.kind === 'removed' && entry.unsure) return undefined;
      if (entry.kind === 'task' && fits(entry, list.scope, position)) found.push(entry);
      else strays.push(position);
    }
    for (const stray of strays) drop(list, stray);
    return found;
  };

  return {
    async find(taskId) {
      const entry = valid(taskId);
      if (entry?.kind === 'task') return entry.document;
      // A deleted task may have been created again: only the store knows.
      return entry?.kind === 'absent' ? 'absent' : undefined;
    },

    async save(tasks, asOf = clock.now()) {
      answered.clear();
      if (asOf + CACHE_TTL.live <= clock.now()) return;
      for (const task of tasks) {
        const known = valid(task.task_id);
        if (known?.kind === 'removed') {
          if (asOf < known.at) continue;
          entries.set(task.task_id, { ...known, unsure: true });
        } else if (known?.kind === 'task' && known.document.version >= task.version) {
          continue;
        } else {
          keep(task, asOf + (isTerminal(task.status) ? CACHE_TTL.terminal : CACHE_TTL.live));
        }
        remember(task.task_id);
        putInLists(task);
      }
    },

    async markAbsent(taskId, asOf = clock.now()) {
      answered.clear();
      const until = asOf + CACHE_TTL.absent;
      if (until > clock.now() && valid(taskId) === undefined) entries.set(taskId, { kind: 'absent', until });
    },

    async remove(taskId) {
      answered.clear();
      const now = clock.now();
      entries.set(taskId, { kind: 'removed', until: now + CACHE_TTL.removed, at: now, unsure: false });
    },

    async page(query) {
      const name = JSON.stringify(query);
      const now = clock.now();
      const same = answered.get(name);
      if (same !== undefined && same.until > now) return { page: same.page };
      const scopes = scopesFor(query);
      if (scopes === undefined) return {};
      const parts = scopes.map(listOf);
      let floor: Floor = 'end';
      for (const part of parts) {
        if (part.floor === undefined) return ticketFor(query, scopes);
        floor = upper(floor, part.floor);
      }
      const found: TaskEntry[] = [];
      for (const part of parts) {
        const first = firstOf(part, floor, query, now);
        if (first === undefined) return ticketFor(query, scopes);
        found.push(...first);
      }
      if (parts.length > 1) found.sort((a, b) => byNewest(a.place, b.place));
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      const more = found.length > query.limit || floor !== 'end';
      if (more && (items.length < query.limit || last === undefined)) return ticketFor(query, scopes);
      const page: TaskListPage = {
        items: items.map(documentOf),
        ...(more && last !== undefined
          ? { next: { updated_at: last.place.updated_at, task_id: last.place.task_id } }
          : {}),
      };
      const until = Math.min(...parts.map((part) => part.until), ...found.map((entry) => entry.until));
      answered.set(name, { page, until });
      return { page };
    },

    async fill({ query, asOf, tokens }, page) {
      answered.clear();
      const until = asOf + CACHE_TTL.live - storeDelayMs;
      if (until <= clock.now()) return;
      let complete = true;
      for (const task of page.items) {
        const known = valid(task.task_id);
        if (known?.kind === 'removed') {
          if (asOf < known.at) continue;
          entries.set(task.task_id, { ...known, unsure: true });
          complete = false;
        } else if (known?.kind !== 'task' || known.document.version < task.version) {
          keep(task, until);
          putInLists(task);
        } else {
          if (known.document.version === task.version && known.until < until)
            entries.set(task.task_id, { ...known, until });
          putInLists(known.place);
        }
      }
      if (!complete) return;
      for (const [index, scope] of (scopesFor(query) ?? []).entries()) {
        const list = lists.peek(scopeName(scope));
        if (list === undefined || list.token !== tokens[index] || list.until <= clock.now()) continue;
        lower(list, query.after, page.next ?? 'end');
      }
    },
  };
};

const documentOf = (entry: TaskEntry): TaskDocument => entry.document;

const put = (list: List, position: TaskPosition): void => {
  const before = list.places.get(position.task_id);
  if (before !== undefined) list.order.remove(before);
  list.places.set(position.task_id, position);
  list.order.add(position);
};

const drop = (list: List, position: TaskPosition): void => {
  list.places.delete(position.task_id);
  list.order.remove(position);
};

const fits = ({ place }: TaskEntry, scope: TaskScope, position: TaskPosition): boolean =>
  place.updated_at === position.updated_at && isIn(place, scope);

const isIn = (place: TaskEntry['place'], scope: TaskScope): boolean =>
  (scope.status === undefined || scope.status === place.status) &&
  (scope.project_id === undefined || scope.project_id === place.project_id);

const isBelow = (position: TaskPosition, floor: Floor): boolean =>
  floor !== 'end' && byNewest(position, floor) > 0;

/** The floor of lists that are read as one: the highest of their floors. */
const upper = (a: Floor, b: Floor): Floor => (a === 'end' || (b !== 'end' && byNewest(b, a) < 0) ? b : a);

/** Lowers a list's floor to where a page ended, if the page began at or above the floor. */
const lower = (list: List, after: TaskPosition | undefined, end: Floor): void => {
  if (after !== undefined && (list.floor === undefined || isBelow(after, list.floor))) return;
  if (list.floor === undefined) list.floor = end;
  else if (list.order.size <= LIST_CACHE.depth && upper(list.floor, end) === list.floor) list.floor = end;
};
