// Over 300 lines: one contract, read from top to bottom.
import { memoryTaskStore } from '../adapters/memory/task-store.ts';
import type { Page } from '../domain/page.ts';
import type { TaskPosition } from '../domain/tasks/list.ts';
import type { TaskStatus } from '../domain/tasks/status.ts';
import { publicTask } from '../domain/tasks/stored.ts';
import type { Task } from '../domain/tasks/task.ts';
import { toIso } from '../domain/time.ts';
import type { TaskCache } from '../ports/task-cache.ts';
import type { ListTicket, TaskListCache } from '../ports/task-list-cache.ts';
import type { TaskQuery } from '../ports/task-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { aTask, NOON, nextOf } from './samples.ts';
import type { TimedCache } from './task-cache.ts';

type Cache = TaskCache & TaskListCache;

const MINUTE = 60_000;
const ALL: TaskQuery = { limit: 10 };

const ticketOf = async (cache: Cache, query: TaskQuery): Promise<ListTicket> => {
  const { ticket } = await cache.page(query);
  if (ticket === undefined) throw new Error('expected a ticket');
  return ticket;
};

/** Names and versions of a page out of the cache, e.g. `['b2', 'a1']`; undefined where there is none. */
const listed = async (cache: Cache, query: TaskQuery): Promise<readonly string[] | undefined> => {
  const { page } = await cache.page(query);
  return page?.items.map(({ task_id, version }) => `${task_id}${version}`);
};

const fill = async (cache: Cache, query: TaskQuery, items: readonly Task[], next?: Task): Promise<void> =>
  cache.fill(await ticketOf(cache, query), pageOf(items, next));

const pageOf = (items: readonly Task[], next?: Task): Page<Task, TaskPosition> =>
  next === undefined ? { items } : { items, next: positionOf(next) };

const positionOf = ({ updated_at, task_id }: Task): TaskPosition => ({ updated_at, task_id });

const a = aTask('a', {}, 1);
const b = aTask('b', { status: 'blocked', project_id: 'p' }, 2);
const c = aTask('c', {}, 3);

/** `open` caches what a store answers that sees every write at once. `steps`: how long the random history is. */
export const taskListCacheContract = (
  runner: Runner,
  adapter: string,
  open: Open<TimedCache<Cache>>,
  { steps = 150 }: Readonly<{ steps?: number }> = {},
): void =>
  runner.describe(`TaskListCache: ${adapter}`, () => {
    const { test } = runner;

    test(
      'knows no list before it is filled, then answers it as the JSON of the API',
      using(open, async ({ cache }) => {
        await cache.save([a]);
        await fill(cache, ALL, [c, b, a]);
        assert.equal(await cache.page(ALL), {
          page: {
            items: [c, b, a].map((task) => ({
              task_id: task.task_id,
              version: 1,
              json: JSON.stringify(task),
            })),
          },
        });
      }),
    );

    test(
      'answers an empty list, and what is created in it afterwards',
      using(open, async ({ cache }) => {
        await fill(cache, ALL, []);
        assert.equal(await listed(cache, ALL), []);
        await cache.save([a]);
        assert.equal(await listed(cache, ALL), ['a1']);
      }),
    );

    test(
      'shows a created or changed task first in every list that it is in',
      using(open, async ({ cache }) => {
        const running: TaskQuery = { limit: 10, statuses: ['running'] };
        const blocked: TaskQuery = { limit: 10, statuses: ['blocked'] };
        const project: TaskQuery = { limit: 10, project_id: 'p' };
        const both: TaskQuery = { limit: 10, project_id: 'p', statuses: ['running'] };
        await fill(cache, ALL, [c, b, a]);
        await fill(cache, running, [c, a]);
        await fill(cache, blocked, [b]);
        await fill(cache, project, [b]);
        await fill(cache, both, []);
        await cache.save([aTask('d', {}, 4)]);
        await cache.save([nextOf(b, 5, { status: 'running' })]);
        assert.equal(await listed(cache, ALL), ['b2', 'd1', 'c1', 'a1']);
        assert.equal(await listed(cache, running), ['b2', 'd1', 'c1', 'a1']);
        assert.equal(await listed(cache, blocked), []);
        assert.equal(await listed(cache, project), ['b2']);
        assert.equal(await listed(cache, both), ['b2']);
        await cache.save([nextOf(nextOf(b, 5), 6, { status: 'running', project_id: 'q' })]);
        assert.equal(await listed(cache, project), []);
        assert.equal(await listed(cache, both), []);
        assert.equal(await listed(cache, ALL), ['b3', 'd1', 'c1', 'a1']);
      }),
    );

    test(
      'answers a page repeatedly, with every change',
      using(open, async ({ cache, clock }) => {
        const again = async (query: TaskQuery = ALL) => {
          const first = await cache.page(query);
          assert.equal(await cache.page(query), first);
          return first.page?.items.map(({ task_id, version }) => `${task_id}${version}`);
        };
        const running: TaskQuery = { limit: 10, statuses: ['running'] };
        await fill(cache, ALL, []);
        assert.equal(await again(), []);
        await cache.save([a, c]);
        assert.equal(await again(), ['c1', 'a1']);
        assert.equal(await again({ limit: 1 }), ['c1']);
        assert.equal((await cache.page({ limit: 1 })).page?.next, positionOf(c));
        assert.equal(await again({ ...ALL, after: positionOf(c) }), ['a1']);
        assert.equal(await again(), ['c1', 'a1']);
        await fill(cache, running, [c, a]);
        assert.equal(await again(running), ['c1', 'a1']);
        await cache.save([nextOf(a, 9, { status: 'blocked' })]);
        assert.equal(await again(running), ['c1']);
        assert.equal(await again(), ['a2', 'c1']);
        clock.advance(1);
        await cache.remove('c');
        assert.equal(await again(running), []);
        assert.equal(await again(), ['a2']);
        // A fill that finds a change that was never saved to the cache.
        await cache.save([b]);
        await fill(cache, { limit: 10, project_id: 'p' }, [nextOf(b, 20)]);
        assert.equal(await again(), ['b2', 'a2']);
      }),
    );

    test(
      'gives a project from a status in a project with a similar name',
      using(open, async ({ cache }) => {
        const odd = aTask('odd', { project_id: 'p:running' });
        await fill(cache, { limit: 10, project_id: 'p', statuses: ['running'] }, []);
        await fill(cache, { limit: 10, project_id: 'p:running' }, [odd]);
        await cache.save([aTask('x', { project_id: 'p' })]);
        assert.equal(await listed(cache, { limit: 10, project_id: 'p:running' }), ['odd1']);
      }),
    );

    test(
      'merges the lists of several statuses',
      using(open, async ({ cache }) => {
        const query: TaskQuery = { limit: 2, statuses: ['running', 'blocked', 'running'] };
        await fill(cache, query, [c, b], b);
        assert.equal((await cache.page(query)).page?.next, positionOf(b));
        await fill(cache, { ...query, after: positionOf(b) }, [a]);
        await cache.save([aTask('d', { status: 'completed' }, 4)]);
        assert.equal(await listed(cache, { ...query, limit: 10 }), ['c1', 'b1', 'a1']);
        assert.equal(await listed(cache, { limit: 10, statuses: ['running'] }), ['c1', 'a1']);
      }),
    );

    test(
      'puts equal times in descending order of the ids',
      using(open, async ({ cache }) => {
        const same = ['a', 'A', 'a-', 'a0', 'Z', 'z', 'a.b'].map((id) => aTask(id));
        const sorted = [...same].sort((x, y) => (x.task_id > y.task_id ? -1 : 1));
        await fill(cache, ALL, []);
        await cache.save(same);
        assert.equal(
          await listed(cache, ALL),
          sorted.map(({ task_id }) => `${task_id}1`),
        );
        for (const [index, task] of sorted.entries()) {
          assert.equal(
            await listed(cache, { ...ALL, after: positionOf(task) }),
            sorted.slice(index + 1).map(({ task_id }) => `${task_id}1`),
          );
        }
      }),
    );

    test(
      'answers as far down as it was filled, and further where it is filled further',
      using(open, async ({ cache }) => {
        const tasks = Array.from({ length: 9 }, (_, index) => aTask(`t${8 - index}`, {}, 8 - index));
        const [t8, , , t5, , t3] = tasks;
        if (t8 === undefined || t5 === undefined || t3 === undefined) throw new Error('too few');
        await fill(cache, { limit: 4 }, tasks.slice(0, 4), t5);
        assert.equal(await listed(cache, { limit: 4 }), ['t81', 't71', 't61', 't51']);
        assert.equal(await listed(cache, { limit: 2 }), ['t81', 't71']);
        assert.equal(await listed(cache, { limit: 3, after: positionOf(t8) }), ['t71', 't61', 't51']);
        assert.is(await listed(cache, { limit: 5 }), undefined);
        assert.is(await listed(cache, { limit: 4, after: positionOf(t8) }), undefined);
        // A page from further down leaves a gap whose content is unknown.
        await fill(cache, { limit: 2, after: positionOf(t3) }, tasks.slice(6, 8), tasks[7]);
        assert.is(await listed(cache, { limit: 2, after: positionOf(t3) }), undefined);
        await fill(cache, { limit: 4, after: positionOf(t5) }, tasks.slice(4, 8), tasks[7]);
        assert.equal(await listed(cache, { limit: 2, after: positionOf(t3) }), ['t21', 't11']);
        assert.equal((await cache.page({ limit: 8 })).page?.next, tasks[7] && positionOf(tasks[7]));
        await fill(cache, { limit: 10 }, tasks);
        const whole = await cache.page({ limit: 9 });
        assert.is(whole.page?.items.length, 9);
        assert.is(whole.page?.next, undefined);
      }),
    );

    test(
      'keeps what was saved while the store was being asked',
      using(open, async ({ cache }) => {
        const ticket = await ticketOf(cache, ALL);
        const changed = nextOf(a, 9);
        const created = aTask('d', {}, 8);
        await cache.save([changed]);
        await cache.save([created]);
        await cache.fill(ticket, pageOf([c, b, a]));
        assert.equal(await listed(cache, ALL), ['a2', 'd1', 'c1', 'b1']);
      }),
    );

    test(
      'does not show a task that has left the list while the store was being asked',
      using(open, async ({ cache }) => {
        const query: TaskQuery = { limit: 10, statuses: ['running'] };
        const ticket = await ticketOf(cache, query);
        await cache.save([nextOf(a, 9, { status: 'completed' })]);
        await cache.fill(ticket, pageOf([c, a]));
        assert.equal(await listed(cache, query), ['c1']);
      }),
    );

    test(
      'trusts a list for a minute from its ticket, even if tasks are saved meanwhile',
      using(open, async ({ cache, clock }) => {
        const ticket = await ticketOf(cache, ALL);
        clock.advance(20_000);
        await cache.fill(ticket, pageOf([a]));
        clock.advance(30_000);
        await cache.save([b]);
        await cache.fill(ticket, pageOf([a]));
        clock.advance(9_999);
        assert.equal(await listed(cache, ALL), ['b1', 'a1']);
        clock.advance(1);
        assert.is(await listed(cache, ALL), undefined);
        await fill(cache, ALL, [c]);
        assert.equal(await listed(cache, ALL), ['c1']);
      }),
    );

    test(
      'takes no answer that was a minute under way',
      using(open, async ({ cache, clock }) => {
        const ticket = await ticketOf(cache, ALL);
        clock.advance(MINUTE);
        await cache.fill(ticket, pageOf([a]));
        assert.is(await listed(cache, ALL), undefined);
        await cache.fill(ticket, pageOf([a]));
        assert.is(await listed(cache, ALL), undefined);
      }),
    );

    test(
      'no longer shows a deleted task, even after a late save',
      using(open, async ({ cache, clock }) => {
        const ticket = await ticketOf(cache, ALL);
        await cache.fill(ticket, pageOf([c, b, a]));
        clock.advance(1);
        await cache.remove('b');
        assert.equal(await listed(cache, ALL), ['c1', 'a1']);
        await cache.fill(ticket, pageOf([c, b, a]));
        await cache.save([nextOf(b, 9)], ticket.asOf);
        assert.equal(await listed(cache, ALL), ['c1', 'a1']);
      }),
    );

    test(
      'leaves it to the store whether a deleted task was created again',
      using(open, async ({ cache, clock }) => {
        await fill(cache, ALL, [b, a]);
        await cache.remove('a');
        clock.advance(1);
        const recreated = aTask('a', { task_name: 'again' }, 9);
        await cache.save([recreated]);
        assert.is(await listed(cache, ALL), undefined);
        await fill(cache, ALL, [recreated, b]);
        assert.is(await listed(cache, ALL), undefined);
        clock.advance(MINUTE);
        await fill(cache, ALL, [recreated, b]);
        assert.equal(await listed(cache, ALL), ['a1', 'b1']);
      }),
    );

    test(
      'lists no task in another version than it answers alone',
      using(open, async ({ cache }) => {
        // The second version was written but never reached the cache.
        await cache.save([a, b]);
        await fill(cache, ALL, [nextOf(a, 9), b]);
        assert.equal(await listed(cache, ALL), ['a2', 'b1']);
        const answer = await cache.find('a');
        assert.isNot(typeof answer === 'object' ? answer.version : 2, 1);
        await cache.save([a]);
        assert.equal(await listed(cache, ALL), ['a2', 'b1']);
        await cache.save([nextOf(nextOf(a, 9), 10)]);
        assert.equal(await listed(cache, ALL), ['a3', 'b1']);
        const third = await cache.find('a');
        assert.is(typeof third === 'object' ? third.version : third, 3);
      }),
    );

    test(
      'keeps lists by status and project alone',
      using(open, async ({ cache }) => {
        const filters: readonly Partial<TaskQuery>[] = [
          { task_type: 'build' },
          { q: 'a' },
          { labels: { env: 'prod' } },
          { updated_since: toIso(NOON) },
          { statuses: [] },
        ];
        for (const filter of filters) {
          assert.equal(await cache.page({ limit: 10, ...filter }), {});
        }
      }),
    );

    test(
      'answers as the store does, page by page, through a long random history',
      using(open, async ({ cache, clock }) => {
        const store = memoryTaskStore();
        let seed = 7;
        const random = (below: number): number => {
          seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
          return Math.floor((seed / 2_147_483_648) * below);
        };
        const statuses: readonly TaskStatus[] = ['pending', 'running', 'blocked', 'completed'];
        const queries: readonly TaskQuery[] = [
          { limit: 7 },
          { limit: 5, statuses: ['running'] },
          { limit: 4, project_id: 'p1' },
          { limit: 3, project_id: 'p0', statuses: ['running', 'completed'] },
          { limit: 6, statuses: ['pending', 'blocked'] },
        ];
        let hits = 0;
        for (let step = 0; step < steps; step += 1) {
          const now = clock.now();
          const id = `t${random(30)}`;
          const known = await store.find(id);
          const changes = {
            status: statuses[random(4)] ?? 'running',
            project_id: `p${random(2)}`,
            updated_at: toIso(now),
          };
          if (random(15) === 0) {
            await store.remove(id);
            await cache.remove(id);
          } else {
            const task: Task =
              known === undefined ? aTask(id, changes) : { ...nextOf(publicTask(known), 0), ...changes };
            await store.save(task);
            await cache.save([task]);
          }
          clock.advance(random(3) === 0 ? 0 : random(2_000));
          let query = queries[random(queries.length)] ?? ALL;
          for (let pages = 0; pages < 3; pages += 1) {
            const stored = await store.list(query);
            const { page, ticket } = await cache.page(query);
            if (page !== undefined) {
              hits += 1;
              assert.equal(
                page.items.map(({ json }) => json),
                stored.items.map((task) => JSON.stringify(task)),
              );
            } else if (ticket !== undefined) {
              await cache.fill(ticket, { ...stored, items: stored.items.map(publicTask) });
            }
            if (stored.next === undefined) break;
            query = { ...query, after: stored.next };
          }
        }
        assert.ok(hits > steps / 5, `only ${hits} pages came from the cache`);
      }),
    );
  });

/** `open` caches what a store answers whose lists trail its latest saves by at most five seconds. */
export const trailingStoreContract = (runner: Runner, adapter: string, open: Open<TimedCache<Cache>>): void =>
  runner.describe(`TaskListCache on a store that trails: ${adapter}`, () => {
    const { test } = runner;
    const running: TaskQuery = { limit: 10, statuses: ['running'] };

    /** A cache that has been there for a while. */
    const stable = async ({ cache, clock }: TimedCache<Cache>): Promise<void> => {
      await cache.page(ALL);
      clock.advance(MINUTE);
    };

    test(
      'shows what was saved shortly before the list was first asked for',
      using(open, async (timed) => {
        const { cache, clock } = timed;
        await stable(timed);
        await cache.save([nextOf(a, 9, { status: 'completed' })]);
        clock.advance(4_999);
        await cache.save([aTask('d', {}, 10)]);
        await fill(cache, ALL, [b, a]);
        await fill(cache, running, [a]);
        assert.equal(await listed(cache, ALL), ['d1', 'a2', 'b1']);
        assert.equal(await listed(cache, running), ['d1']);
      }),
    );

    test(
      'does not believe an answer before it knows what was saved shortly before',
      using(open, async ({ cache, clock }) => {
        await fill(cache, ALL, [a]);
        assert.is(await listed(cache, ALL), undefined);
        clock.advance(4_999);
        await fill(cache, ALL, [a]);
        assert.is(await listed(cache, ALL), undefined);
        clock.advance(1);
        await fill(cache, ALL, [b, a]);
        assert.equal(await listed(cache, ALL), ['b1', 'a1']);
      }),
    );

    test(
      'believes a list for as much less than a minute as the store may trail',
      using(open, async (timed) => {
        const { cache, clock } = timed;
        await stable(timed);
        await fill(cache, ALL, [a]);
        clock.advance(54_999);
        assert.equal(await listed(cache, ALL), ['a1']);
        clock.advance(1);
        assert.is(await listed(cache, ALL), undefined);
      }),
    );
  });
