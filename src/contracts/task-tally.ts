import { countedOf } from '../domain/projects/metrics.ts';
import type { StoredTask, Task } from '../domain/tasks/task.ts';
import type { TaskStore } from '../ports/task-store.ts';
import type { TaskTally } from '../ports/task-tally.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { allPages, aStoredTask, aTask, nextOf } from './samples.ts';

const idsOf = (tasks: readonly StoredTask[]): readonly string[] => tasks.map(({ task_id }) => task_id).sort();

/** What a tally promises, together with the task store that it is about. */
export const taskTallyContract = (
  runner: Runner,
  adapter: string,
  open: Open<Readonly<{ store: TaskStore; tally: TaskTally }>>,
): void =>
  runner.describe(`TaskTally: ${adapter}`, () => {
    const { test } = runner;

    test(
      'holds what was saved until it is settled, and again once it counts otherwise',
      using(open, async ({ store, tally }) => {
        assert.equal(await tally.uncounted(10), []);
        const first = aStoredTask('a');
        await store.save(first);
        await store.save(aTask('b'));
        assert.equal(idsOf(await tally.uncounted(10)), ['a', 'b']);
        await tally.markAccounted(first, countedOf(first), true);
        assert.equal(idsOf(await tally.uncounted(10)), ['b']);
        const stable = await store.find('a');
        assert.equal(stable, { ...first, counted: countedOf(first) });
        const same = nextOf(stable ?? first, 1, { priority: 'P0' });
        await store.save(same);
        assert.equal(idsOf(await tally.uncounted(10)), ['b']);
        await store.save(nextOf(same, 2, { status: 'failed' }));
        assert.equal(idsOf(await tally.uncounted(10)), ['a', 'b']);
        assert.equal((await tally.uncounted(10)).find(({ task_id }) => task_id === 'a')?.status, 'failed');
      }),
    );

    test(
      'settles only the version that was counted',
      using(open, async ({ store, tally }) => {
        const first = aStoredTask('a');
        await store.save(first);
        await store.save(nextOf(first, 1, { status: 'failed' }));
        await tally.markAccounted(first, countedOf(first), true);
        assert.equal(idsOf(await tally.uncounted(10)), ['a']);
        assert.is((await store.find('a'))?.counted, undefined);
        await tally.markAccounted({ task_id: 'no-one', version: 1 }, countedOf(first), true);
        assert.is(await store.find('no-one'), undefined);
      }),
    );

    test(
      'a save that was read before the task was counted loses the race, or the count would be forgotten',
      using(open, async ({ store, tally }) => {
        const first = aStoredTask('a');
        await store.save(first);
        await tally.markAccounted(first, countedOf(first), true);
        await assert.rejects(store.save(nextOf(first, 1, { status: 'failed' })), 'version_conflict');
        const counted = await store.find('a');
        assert.equal(counted, { ...first, counted: countedOf(first) });
        const other = { ...countedOf(first), seconds: 7 };
        await assert.rejects(store.save({ ...nextOf(first, 1), counted: other }), 'version_conflict');
        await store.save({ ...nextOf(first, 1, { status: 'failed' }), counted: countedOf(first) });
        assert.equal((await store.find('a'))?.counted, countedOf(first));
      }),
    );

    test(
      'holds a task with events until they are published, even if it has been counted',
      using(open, async ({ store, tally }) => {
        const pendingEvents = [
          { type: 'task.stale', project_id: 'p', version: 1, at: '2026-11-24T00:00:00.000Z' },
        ] as const;
        const task = aStoredTask('a', { pendingEvents });
        await store.save(task);
        await tally.markAccounted(task, countedOf(task), false);
        assert.equal(await store.find('a'), { ...task, counted: countedOf(task) });
        assert.equal(idsOf(await tally.uncounted(10)), ['a']);
        await tally.markAccounted(task, countedOf(task), true);
        assert.equal(await tally.uncounted(10), []);
        const { pendingEvents: _pendingEvents, ...reported } = task;
        assert.equal(await store.find('a'), { ...reported, counted: countedOf(task) });
      }),
    );

    test(
      'holds marked tasks, even if they have been counted, and no removed task',
      using(open, async ({ store, tally }) => {
        const task = aTask('a');
        await store.save({ ...task, counted: countedOf(task) });
        assert.equal(await tally.uncounted(10), []);
        await tally.mark('a');
        await tally.mark('no-one');
        assert.equal(idsOf(await tally.uncounted(10)), ['a']);
        assert.is(await store.find('no-one'), undefined);
        await store.remove('a');
        assert.equal(await tally.uncounted(10), []);
      }),
    );

    test(
      'gives no more than it is asked for',
      using(open, async ({ store, tally }) => {
        for (let index = 0; index < 5; index += 1) await store.save(aTask(`t${index}`));
        assert.is((await tally.uncounted(3)).length, 3);
      }),
    );

    test(
      'finds the parts of a task',
      using(open, async ({ store }) => {
        await store.save(aTask('whole'));
        for (let index = 0; index < 7; index += 1) {
          const changes: Partial<Task> = {
            status: index % 2 === 0 ? 'running' : 'failed',
            project_id: 'p',
          };
          await store.save(
            aTask(`part${index}`, { ...changes, ...(index < 5 ? { parent_id: 'whole' } : {}) }, index),
          );
        }
        const list = async (query: object) =>
          idsOf(await allPages(store, { ...query, parent_id: 'whole', limit: 2 }));
        assert.equal(await list({}), ['part0', 'part1', 'part2', 'part3', 'part4']);
        assert.equal(await list({ statuses: ['failed'], project_id: 'p' }), ['part1', 'part3']);
        assert.equal(await list({ project_id: 'other' }), []);
      }),
    );
  });
