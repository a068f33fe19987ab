import type { memoryClock } from '../adapters/memory/clock.ts';
import type { Task } from '../domain/tasks/task.ts';
import type { TaskCache } from '../ports/task-cache.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { aTask, nextOf } from './samples.ts';

/** A cache that uses this clock. */
export type TimedCache<Cache = TaskCache> = Readonly<{ cache: Cache; clock: ReturnType<typeof memoryClock> }>;

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const versionOf = async (cache: TaskCache, id: string): Promise<number | 'absent' | undefined> => {
  const answer = await cache.find(id);
  return answer === undefined || answer === 'absent' ? answer : answer.version;
};

const ended = (task: Task): Task => nextOf(task, 1, { status: 'completed' });

export const taskCacheContract = (runner: Runner, adapter: string, open: Open<TimedCache>): void =>
  runner.describe(`TaskCache: ${adapter}`, () => {
    const { test } = runner;

    test(
      'answers a task as the JSON of the API',
      using(open, async ({ cache }) => {
        const task = aTask('a:1@x.y_z-0', {
          task_name: 'dé|ploi\nement ✅ 🚀 "quoted" \\ \u2028 \u0000',
          labels: { ключ: 'значение' },
          metadata: { deep: [{ '|': null }] },
          version: 7,
        });
        await cache.save([task]);
        assert.equal(await cache.find(task.task_id), {
          task_id: task.task_id,
          version: 7,
          json: JSON.stringify(task),
        });
      }),
    );

    test(
      'knows nothing of a task that was never saved',
      using(open, async ({ cache }) => {
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'keeps many tasks at once',
      using(open, async ({ cache }) => {
        await cache.save([]);
        const tasks = Array.from({ length: 120 }, (_, index) => aTask(`t${index}`));
        await cache.save(tasks);
        assert.is(await versionOf(cache, 't0'), 1);
        assert.is(await versionOf(cache, 't119'), 1);
      }),
    );

    test(
      'keeps a copy that later changes of the given object do not reach',
      using(open, async ({ cache }) => {
        const labels: Record<string, string> = { env: 'test' };
        const task = { ...aTask('a'), labels };
        const json = JSON.stringify(task);
        await cache.save([task]);
        labels['env'] = 'changed';
        const answer = await cache.find('a');
        assert.is(typeof answer === 'object' ? answer.json : answer, json);
      }),
    );

    test(
      'replaces a lower version and keeps a higher one',
      using(open, async ({ cache }) => {
        const first = aTask('a');
        const second = nextOf(first, 1);
        const tenth = { ...second, version: 10 };
        await cache.save([second]);
        await cache.save([first]);
        assert.is(await versionOf(cache, 'a'), 2);
        await cache.save([tenth]);
        assert.is(await versionOf(cache, 'a'), 10);
        await cache.save([{ ...first, version: 9 }]);
        assert.is(await versionOf(cache, 'a'), 10);
      }),
    );

    test(
      'keeps the first of two tasks with the same version, and does not prolong its life',
      using(open, async ({ cache, clock }) => {
        await cache.save([aTask('a')]);
        clock.advance(40 * SECOND);
        await cache.save([aTask('a', { task_name: 'other' })]);
        const answer = await cache.find('a');
        assert.match(typeof answer === 'object' ? answer.json : '', 'Task a');
        clock.advance(20 * SECOND);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'has the highest version at the end of a race',
      using(open, async ({ cache }) => {
        const versions = Array.from({ length: 30 }, (_, index) => ((index * 7) % 30) + 1);
        await Promise.all(versions.map((version) => cache.save([aTask('a', { version })])));
        assert.is(await versionOf(cache, 'a'), 30);
      }),
    );

    test(
      'forgets a live task after a minute',
      using(open, async ({ cache, clock }) => {
        await cache.save([aTask('a')]);
        clock.advance(MINUTE - 1);
        assert.is(await versionOf(cache, 'a'), 1);
        clock.advance(1);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'forgets a task that has ended after an hour',
      using(open, async ({ cache, clock }) => {
        await cache.save([ended(aTask('a'))]);
        clock.advance(60 * MINUTE - 1);
        assert.is(await versionOf(cache, 'a'), 2);
        clock.advance(1);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'counts the life of an entry from the moment the store was asked',
      using(open, async ({ cache, clock }) => {
        const requested = clock.now();
        clock.advance(50 * SECOND);
        await cache.save([aTask('a')], requested);
        assert.is(await versionOf(cache, 'a'), 1);
        clock.advance(10 * SECOND);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'does not keep what was a minute under way, even where the task has ended',
      using(open, async ({ cache, clock }) => {
        const requested = clock.now();
        clock.advance(MINUTE);
        await cache.save([aTask('a'), ended(aTask('b'))], requested);
        await cache.markAbsent('c', requested);
        assert.equal(
          [await cache.find('a'), await cache.find('b'), await cache.find('c')],
          [undefined, undefined, undefined],
        );
      }),
    );

    test(
      'remembers for a few seconds that a task is absent',
      using(open, async ({ cache, clock }) => {
        await cache.markAbsent('a');
        assert.is(await cache.find('a'), 'absent');
        clock.advance(5 * SECOND);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'answers a task that was created after it was absent',
      using(open, async ({ cache }) => {
        await cache.markAbsent('a');
        await cache.save([aTask('a')]);
        assert.is(await versionOf(cache, 'a'), 1);
      }),
    );

    test(
      'does not take an entry that exists for absent',
      using(open, async ({ cache }) => {
        await cache.save([aTask('a')]);
        await cache.markAbsent('a');
        assert.is(await versionOf(cache, 'a'), 1);
      }),
    );

    test(
      'forgets a deleted task, and no late save of any version brings it back',
      using(open, async ({ cache, clock }) => {
        const task = aTask('a', { version: 3 });
        const requested = clock.now();
        await cache.save([task]);
        clock.advance(10);
        await cache.remove('a');
        assert.is(await cache.find('a'), undefined);
        await cache.save([task, nextOf(task, 1)], requested);
        await cache.markAbsent('a', requested);
        assert.is(await cache.find('a'), undefined);
        clock.advance(MINUTE - 11);
        await cache.save([ended(task)], requested);
        assert.is(await cache.find('a'), undefined);
        clock.advance(1);
        await cache.save([ended(task)], requested);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'beats a late save with the deletion of a task that it did not know',
      using(open, async ({ cache }) => {
        await cache.remove('a');
        await cache.save([aTask('a')]);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'keeps a task that was created again a while after its deletion',
      using(open, async ({ cache, clock }) => {
        await cache.save([aTask('a', { version: 9 })]);
        await cache.remove('a');
        clock.advance(MINUTE);
        await cache.save([aTask('a')]);
        assert.is(await versionOf(cache, 'a'), 1);
      }),
    );
  });
