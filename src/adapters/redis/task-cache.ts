import { randomUUID } from 'node:crypto';
import { scopeName, scopesFor, scopesOf, type TaskScope } from '../../domain/tasks/scopes.ts';
import { isTerminal } from '../../domain/tasks/status.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { fromIso, isTime, toIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { CACHE_TTL, type TaskCache, type TaskDocument } from '../../ports/task-cache.ts';
import {
  LIST_CACHE,
  type ListAnswer,
  type TaskListCache,
  type TaskListPage,
} from '../../ports/task-list-cache.ts';
import { cacheTalk } from './cache-talk.ts';
import { decodeDocument, decodeEntry, toStoredJson } from './entry.ts';
import type { RedisLink } from './link.ts';
import { FILL, PAGE, REMOVE, SAVE } from './task-cache-scripts.ts';

export type RedisTaskCacheOptions = Readonly<{
  redis: RedisLink;
  clock: Clock;
  /** The beginning of every key, as its hash tag. */
  namespace?: string;
  /** How far the store's lists may lag behind its latest saves, in milliseconds: an index of DynamoDB does. */
  storeDelayMs?: number;
  /** How many tasks the lists may contain together. */
  capacity?: number;
}>;

/** How long unused data stays in Redis, in milliseconds. */
const IDLE_MS = 600_000;

/** A cache of tasks and of lists of them in Redis, shared by every process with the same namespace. */
export const redisTaskCache = ({
  redis,
  clock,
  namespace = 'miyabi',
  storeDelayMs = 5_000,
  capacity = 20_000,
}: RedisTaskCacheOptions): TaskCache & TaskListCache => {
  const entryKey = (taskId: string): string => `{${namespace}}:task:${taskId}`;
  const listsKey = `{${namespace}}:lists`;
  const recentKey = `{${namespace}}:recent`;
  const listKey = (scope: TaskScope): string => `{${namespace}}:list:${scopeName(scope)}`;

  /** Bounds of the data that the lists share: the oldest time to keep, how many, and for how long without use. */
  const bounds = (now: number): readonly number[] => [now - CACHE_TTL.live, capacity, IDLE_MS];

  const { ask, write, isTrusted, areAllTrusted } = cacheTalk(redis, clock, (ids) => [
    listsKey,
    recentKey,
    ...ids.map(entryKey),
  ]);

  return {
    async find(taskId) {
      if (!isTrusted(taskId)) return undefined;
      const text = await ask((client) => client.get(entryKey(taskId)));
      const known = typeof text === 'string' ? decodeEntry(text, clock.now()) : undefined;
      return typeof known === 'object' ? { task_id: taskId, ...known } : known;
    },

    async save(tasks, asOf = clock.now()) {
      const now = clock.now();
      const listUntil = asOf + CACHE_TTL.live;
      if (listUntil <= now) return;
      await Promise.all(
        tasks.map((task) => {
          const until = asOf + (isTerminal(task.status) ? CACHE_TTL.terminal : CACHE_TTL.live);
          const keys = [entryKey(task.task_id), listsKey, recentKey, ...scopesOf(task).map(listKey)];
          return write(task.task_id, (client) =>
            SAVE(client, keys, [now, asOf, ...fieldsOf(task), until, listUntil, until - now, ...bounds(now)]),
          );
        }),
      );
    },

    async markAbsent(taskId, asOf = clock.now()) {
      const until = asOf + CACHE_TTL.absent;
      const life = until - clock.now();
      if (life <= 0) return;
      await ask((client) => client.set(entryKey(taskId), `a|${until}`, 'PX', life, 'NX'));
    },

    async remove(taskId) {
      const now = clock.now();
      await write(taskId, (client) =>
        REMOVE(
          client,
          [entryKey(taskId), listsKey, recentKey],
          [now, taskId, now + CACHE_TTL.removed, CACHE_TTL.removed, ...bounds(now)],
        ),
      );
    },

    async page(query) {
      const scopes = scopesFor(query);
      if (scopes === undefined || !(await areAllTrusted())) return {};
      const now = clock.now();
      const { after, limit } = query;
      const parameters = [
        now,
        limit,
        after === undefined ? '' : fromIso(after.updated_at),
        after?.task_id ?? '',
        randomUUID(),
        now + LIST_CACHE.ttl - storeDelayMs,
        LIST_CACHE.ttl,
        now - storeDelayMs,
        IDLE_MS,
        ...scopes.flatMap((scope) => [scopeName(scope), scope.status ?? '', scope.project_id ?? '']),
      ];
      const answer = await ask((client) =>
        PAGE(client, [listsKey, recentKey, ...scopes.map(listKey)], parameters),
      );
      if (!Array.isArray(answer)) return {};
      const pieces = answer.map(String);
      if (!pieces[0]?.startsWith('page|')) return { ticket: { query, asOf: now, tokens: pieces } };
      return pageOf(pieces.join(''));
    },

    async fill({ query, asOf, tokens }, { items, next }) {
      const scopes = scopesFor(query);
      const now = clock.now();
      const until = asOf + CACHE_TTL.live - storeDelayMs;
      if (scopes === undefined || until <= now) return;
      const listsOf = items.map((task) => scopesOf(task).map(listKey));
      const every = [...new Set(listsOf.flat())];
      await ask((client) =>
        FILL(
          client,
          [
            listsKey,
            recentKey,
            ...scopes.map(listKey),
            ...items.map(({ task_id }) => entryKey(task_id)),
            ...every,
          ],
          [
            now,
            asOf,
            until,
            scopes.length,
            query.after === undefined ? '' : fromIso(query.after.updated_at),
            query.after?.task_id ?? '',
            next === undefined ? '' : fromIso(next.updated_at),
            next?.task_id ?? '',
            LIST_CACHE.depth,
            storeDelayMs,
            ...bounds(now),
            items.length,
            ...scopes.flatMap((scope, index) => [
              scopeName(scope),
              tokens[index] ?? '',
              scope.status ?? '',
              scope.project_id ?? '',
            ]),
            ...items.flatMap((task, index) => [
              ...fieldsOf(task),
              (listsOf[index] ?? []).map((key) => every.indexOf(key) + 1).join(','),
            ]),
          ],
        ),
      );
    },
  };
};

/** The arguments of a script for a task: id, version, score, status, project, json. */
const fieldsOf = (task: Task): readonly (string | number)[] => [
  task.task_id,
  task.version,
  fromIso(task.updated_at),
  task.status,
  task.project_id,
  toStoredJson(task),
];

/** A damaged page is discarded: the store answers, and the next change of the list creates it again. */
const pageOf = (text: string): ListAnswer => {
  const page = decodePage(text);
  return page === undefined ? {} : { page };
};

/**
 * A page in Redis's answer: a line that ends with where more may follow, and four lines for each task. Undefined if it
 * is damaged.
 */
const decodePage = (text: string): TaskListPage | undefined => {
  // Line by line, because splitting it takes three times as long.
  let from = 0;
  const line = (): string => {
    const end = text.indexOf('\n', from);
    const found = text.slice(from, end < 0 ? undefined : end);
    from = end < 0 ? text.length : end + 1;
    return found;
  };
  const score = line().split('|').at(-1) ?? '';
  const items: TaskDocument[] = [];
  while (from < text.length) {
    line();
    const task_id = line();
    const document = decodeDocument(Number(line()), line());
    if (document === undefined) return undefined;
    items.push({ task_id, ...document });
  }
  const last = items.at(-1);
  if (score === '' || last === undefined) return { items };
  const time = Number(score);
  return isTime(time) ? { items, next: { updated_at: toIso(time), task_id: last.task_id } } : undefined;
};
