// Over 300 lines: one contract, read from top to bottom.
import { isMiyabiError } from '../domain/errors.ts';
import { TASK_STATUSES } from '../domain/tasks/status.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import { toIso } from '../domain/time.ts';
import type { TaskStore } from '../ports/task-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { allPages, aStoredTask, aTask, NOON, nextOf } from './samples.ts';

const idsOf = (tasks: readonly StoredTask[]): readonly string[] => tasks.map(({ task_id }) => task_id);

const saveAll = async (store: TaskStore, tasks: readonly StoredTask[]): Promise<void> => {
  for (let start = 0; start < tasks.length; start += 20) {
    await Promise.all(tasks.slice(start, start + 20).map((task) => store.save(task)));
  }
};

/** A task that uses every field, with values that a store is tempted to change. */
const fullTask = (): StoredTask => ({
  ...aStoredTask('full:1@x.y_z-0'),
  description: '',
  progress: { current: 0, total: 1_000_000_000_000, percentage: 0 },
  details: {
    phase: 'déploiement ✅',
    current_step: '',
    operation: 'update',
    outcome: 'rolling_back',
    stack_state: 'UPDATE_ROLLBACK_IN_PROGRESS',
    failed_resources: ['Queue', 'Topic', 'Queue'],
    retained_resources: ['Bucket'],
    log_group: '/cdk/deployments',
    log_stream: 'a/b#c',
    exit_code: 137,
    signal: 'SIGKILL',
    error_message: 'line\nbreak \u0000 \ud83d\ude80',
  },
  labels: { env: 'prod', 'a.b/c': '', constructor: 'x', '1': 'one', ключ: 'значение' },
  metadata: {
    nothing: null,
    yes: true,
    no: false,
    tiny: 1e-300,
    huge: 1e300,
    precise: 0.1,
    negative: -7,
    empty: {},
    list: [1, 'two', null, [], {}, ['']],
    '': 'empty key',
    deep: { a: { b: { c: { d: { e: [{ f: 'g' }] } } } } },
  },
  github: {
    issue_number: 7,
    issue_url: 'https://github.com/o/r/issues/7',
    pr_number: 8,
    pr_url: 'https://x',
  },
  run: {
    command: 'sh -c "exit 3" déploiement',
    host: 'h',
    user: '',
    directory: '/tmp',
    git: { branch: 'main', commit: 'abc' },
    ci_url: 'https://ci.example/1',
  },
  heartbeat: { every_seconds: 30, grace_seconds: 60 },
  expect: { every_seconds: 86_400, grace_seconds: 0 },
  output: {
    key: 'plain/run#1',
    task_name: '',
    task_type: 'generic',
    status: 'running',
    current: 1,
    total: null,
    details: { phase: 'x' },
    started_at: NOON,
    last_at: NOON + 1,
  },
  parent_id: 'a.parent',
  progress_from: 'parts',
  counted: { project_id: 'p:0', kind: 'completed', seconds: 5 },
  attempt: 3,
  started_at: toIso(NOON - 5000),
  completed_at: toIso(NOON),
  duration_seconds: 5,
  eta_seconds: 0,
  stale: true,
  reported_at: toIso(NOON),
});

/** What every task store promises. */
export const taskStoreContract = (runner: Runner, adapter: string, open: Open<TaskStore>): void =>
  runner.describe(`TaskStore: ${adapter}`, () => {
    const { test } = runner;

    test(
      'keeps outcomes that the first release does not know',
      using(open, async (store) => {
        for (const outcome of ['lost', 'parent_ended'] as const) {
          const task = aStoredTask(outcome, { details: { outcome, exit_code: 0 } });
          await store.save(task);
          assert.equal(await store.find(outcome), task);
        }
      }),
    );

    test(
      'finds nothing under an id that was never saved',
      using(open, async (store) => {
        assert.is(await store.find('no-one'), undefined);
        assert.equal(await store.findMany(['no-one', 'none']), []);
        assert.equal(await store.findMany([]), []);
        assert.equal(await store.list({ limit: 10 }), { items: [] });
      }),
    );

    test(
      'returns every field of a task as it was saved',
      using(open, async (store) => {
        await store.save(fullTask());
        assert.equal(await store.find(fullTask().task_id), fullTask());
        assert.equal(await store.findMany([fullTask().task_id]), [fullTask()]);
        assert.equal(await allPages(store, { limit: 10 }), [fullTask()]);
      }),
    );

    test(
      'keeps fields that it does not know, apart from those that it knows',
      using(open, async (store) => {
        const unknown = { '': { later: { S: 'x' } }, details: { inner: { N: '1' } } };
        const task = aStoredTask('known', { unknown });
        await store.save(task);
        assert.equal(await store.find('known'), task);
        const next = nextOf(task, 1, { status: 'failed' });
        await store.save(next);
        assert.equal((await store.list({ limit: 10 })).items, [next]);
      }),
    );

    test(
      'returns a task without its optional fields as it was saved',
      using(open, async (store) => {
        const {
          started_at: _started,
          reported_at: _reported,
          ...bare
        } = aTask('bare', {
          status: 'pending',
          progress: { current: null, total: null, percentage: null },
        });
        await store.save(bare);
        assert.equal(await store.find('bare'), bare);
      }),
    );

    test(
      'keeps metadata of 60 KB and nested 30 deep',
      using(open, async (store) => {
        let nested: StoredTask['metadata'] = { text: 'x'.repeat(60_000) };
        for (let depth = 0; depth < 30; depth += 1) nested = { nested };
        await store.save(aTask('large', { metadata: nested }));
        assert.equal((await store.find('large'))?.metadata, nested);
      }),
    );

    test(
      'keeps a copy: neither what was saved nor what was returned is shared',
      using(open, async (store) => {
        const labels: Record<string, string> = { env: 'prod' };
        await store.save(aTask('copied', { labels }));
        labels['env'] = 'changed after the save';
        const returned = await store.find('copied');
        assert.equal(returned?.labels, { env: 'prod' });
        try {
          Object.assign(returned?.labels ?? {}, { env: 'changed by a reader' });
        } catch (error) {
          assert.instance(error, TypeError, 'a store may return what cannot be changed');
        }
        assert.equal((await store.find('copied'))?.labels, { env: 'prod' });
      }),
    );

    test(
      'refuses to create a task whose id is taken',
      using(open, async (store) => {
        await store.save(aTask('taken', { task_name: 'first' }));
        await assert.rejects(store.save(aTask('taken', { task_name: 'second' })), 'already_exists');
        assert.is((await store.find('taken'))?.task_name, 'first');
      }),
    );

    test(
      'replaces the version before, and nothing else of it stays',
      using(open, async (store) => {
        const first = aTask('replaced', { description: 'goes away', labels: { old: 'yes' } });
        await store.save(first);
        const { description: _gone, ...second } = nextOf(first, 1, { labels: {} });
        await store.save(second);
        assert.equal(await store.find('replaced'), second);
      }),
    );

    test(
      'rejects a save that lost the race, one that skips a version, and one of a task that is gone',
      using(open, async (store) => {
        const first = aTask('raced');
        await store.save(first);
        await store.save(nextOf(first, 1, { task_name: 'winner' }));
        await assert.rejects(store.save(nextOf(first, 2, { task_name: 'loser' })), 'version_conflict');
        await assert.rejects(store.save({ ...first, version: 4 }), 'version_conflict');
        await assert.rejects(store.save(aTask('never', { version: 2 })), 'version_conflict');
        assert.is((await store.find('raced'))?.task_name, 'winner');
        assert.is(await store.find('never'), undefined);
      }),
    );

    test(
      'lets exactly one of 100 concurrent saves of a version win',
      using(open, async (store) => {
        const first = aTask('contended');
        await store.save(first);
        const outcomes = await Promise.allSettled(
          Array.from({ length: 100 }, (_, index) =>
            store.save(nextOf(first, 1, { task_name: `writer ${index}` })),
          ),
        );
        const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
        assert.is(winners.length, 1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') assert.ok(isMiyabiError(outcome.reason, 'version_conflict'));
        }
        const stored = await store.find('contended');
        assert.is(stored?.version, 2);
        assert.is(stored?.task_name, `writer ${winners[0]}`);
      }),
    );

    test(
      'lets exactly one of 50 concurrent creations of an id win',
      using(open, async (store) => {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, (_, index) =>
            store.save(aTask('born', { task_name: `parent ${index}` })),
          ),
        );
        const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
        assert.is(winners.length, 1);
        assert.is((await store.find('born'))?.task_name, `parent ${winners[0]}`);
      }),
    );

    test(
      'finds many at once: each once, even with missing ids, repeated ids or more than a hundred',
      using(open, async (store) => {
        const tasks = Array.from({ length: 130 }, (_, index) => aTask(`many-${index}`));
        await saveAll(store, tasks);
        const requested = [...idsOf(tasks), 'missing', 'many-0', 'many-0'];
        const found = await store.findMany(requested);
        assert.equal(idsOf(found).toSorted(), idsOf(tasks).toSorted());
      }),
    );

    test(
      'lists the newest update first, equal times by descending id',
      using(open, async (store) => {
        await saveAll(store, [
          aTask('b', {}, 10),
          aTask('a', { status: 'completed' }, 10),
          aTask('c', { status: 'pending' }, 10),
          aTask('old', {}, 1),
          aTask('new', { status: 'failed' }, 20),
        ]);
        assert.equal(idsOf(await allPages(store, { limit: 10 })), ['new', 'c', 'b', 'a', 'old']);
      }),
    );

    test(
      'pages through equal times without losing or repeating a task',
      using(open, async (store) => {
        const tasks = Array.from({ length: 60 }, (_, index) =>
          aTask(`page-${index}`, { status: TASK_STATUSES[index % 6] ?? 'running' }, index % 4),
        );
        await saveAll(store, tasks);
        const whole = idsOf(await allPages(store, { limit: 100 }));
        assert.is(whole.length, 60);
        for (const limit of [3, 20, 59, 60]) {
          assert.equal(idsOf(await allPages(store, { limit })), whole, `limit ${limit}`);
          assert.equal(
            idsOf(await allPages(store, { limit, project_id: 'default' })),
            whole,
            `limit ${limit} of a project`,
          );
        }
      }),
    );

    test(
      'a last page that is just full says that nothing follows, here or on the page after',
      using(open, async (store) => {
        await saveAll(store, [aTask('one', {}, 1), aTask('two', {}, 2)]);
        assert.equal(idsOf(await allPages(store, { limit: 2 })), ['two', 'one']);
        assert.equal(idsOf(await allPages(store, { limit: 1 })), ['two', 'one']);
      }),
    );

    test(
      'goes on from a position whose task is gone or has moved',
      using(open, async (store) => {
        const tasks = ['a', 'b', 'c', 'd'].map((id, index) => aTask(id, {}, index));
        await saveAll(store, tasks);
        const next = { updated_at: toIso(NOON + 2), task_id: 'c' };
        await store.remove('c');
        const [a] = tasks;
        assert.ok(a);
        await store.save(nextOf(a, 100));
        assert.equal(idsOf(await allPages(store, { limit: 2, after: next })), ['b']);
        assert.equal(idsOf(await allPages(store, { limit: 2 })), ['a', 'd', 'b']);
      }),
    );

    test(
      'a task is listed once, at the place of its last update and under its present status and project',
      using(open, async (store) => {
        const first = aTask('moving', { project_id: 'before' }, 1);
        await saveAll(store, [first, aTask('other', {}, 2)]);
        await store.save(nextOf(first, 3, { status: 'completed', project_id: 'behind', task_type: 'build' }));
        assert.equal(idsOf(await allPages(store, { limit: 10 })), ['moving', 'other']);
        assert.equal(await allPages(store, { limit: 10, project_id: 'before' }), []);
        assert.equal(idsOf(await allPages(store, { limit: 10, project_id: 'behind' })), ['moving']);
        assert.equal(idsOf(await allPages(store, { limit: 10, statuses: ['completed'] })), ['moving']);
        assert.equal(idsOf(await allPages(store, { limit: 10, statuses: ['running'] })), ['other']);
        assert.equal(idsOf(await allPages(store, { limit: 10, task_type: 'build' })), ['moving']);
      }),
    );

    test(
      'filters by any mixture of status, project, type, label, name and time',
      using(open, async (store) => {
        const tasks = Array.from({ length: 48 }, (_, index) =>
          aTask(
            `t-${String(index).padStart(2, '0')}`,
            {
              status: TASK_STATUSES[index % 6] ?? 'running',
              project_id: `p${index % 2}`,
              task_type: index % 3 === 0 ? 'build' : 'cdk_deploy',
              labels: { env: index % 4 === 0 ? 'prod' : 'test', 'team.name': `t${index % 5}` },
              task_name: index % 8 < 4 ? `Deploy API ${index}` : `Ünder the Bridge ${index}`,
            },
            index,
          ),
        );
        await saveAll(store, tasks);
        const newestFirst = tasks.toReversed();
        const since = toIso(NOON + 30);
        const cases: readonly [
          string,
          Omit<Parameters<TaskStore['list']>[0], 'limit'>,
          (task: StoredTask) => boolean,
        ][] = [
          ['one status', { statuses: ['running'] }, (task) => task.status === 'running'],
          [
            'two statuses',
            { statuses: ['failed', 'pending', 'failed'] },
            (task) => task.status === 'failed' || task.status === 'pending',
          ],
          ['no status', { statuses: [] }, () => false],
          ['a project', { project_id: 'p1' }, (task) => task.project_id === 'p1'],
          ['a project that is not there', { project_id: 'p9' }, () => false],
          ['a type', { task_type: 'build' }, (task) => task.task_type === 'build'],
          ['a parent that nothing has', { parent_id: 'no-one' }, () => false],
          ['a label', { labels: { env: 'prod' } }, (task) => task.labels['env'] === 'prod'],
          [
            'two labels',
            { labels: { env: 'test', 'team.name': 't2' } },
            (task) => task.labels['env'] === 'test' && task.labels['team.name'] === 't2',
          ],
          ['a label that nothing has', { labels: { toString: 'x' } }, () => false],
          ['no label', { labels: {} }, () => true],
          ['a name', { q: 'dEPLOY api' }, (task) => task.task_name.startsWith('Deploy')],
          ['a name beyond ASCII', { q: 'üNDER' }, (task) => task.task_name.startsWith('Ü')],
          ['an empty name', { q: '' }, () => true],
          ['a time', { updated_since: since }, (task) => task.updated_at >= since],
          ['a time that is to come', { updated_since: toIso(NOON + 1000) }, () => false],
          [
            'a type and two ended statuses',
            { task_type: 'build', statuses: ['completed', 'pending'] },
            (task) =>
              task.task_type === 'build' && (task.status === 'completed' || task.status === 'pending'),
          ],
          [
            'everything at once',
            {
              statuses: ['pending', 'blocked', 'failed'],
              project_id: 'p0',
              task_type: 'cdk_deploy',
              labels: { env: 'prod' },
              q: 'ploy',
              updated_since: toIso(NOON + 5),
            },
            (task) =>
              ['pending', 'blocked', 'failed'].includes(task.status) &&
              task.project_id === 'p0' &&
              task.task_type === 'cdk_deploy' &&
              task.labels['env'] === 'prod' &&
              task.task_name.includes('ploy') &&
              task.updated_at >= toIso(NOON + 5),
          ],
        ];
        for (const [title, query, holds] of cases) {
          const expected = idsOf(newestFirst.filter(holds));
          for (const limit of [7, 100]) {
            assert.equal(
              idsOf(await allPages(store, { ...query, limit })),
              expected,
              `${title}, limit ${limit}`,
            );
          }
        }
      }),
    );

    test(
      'removes a task from everywhere, and its id can be used again',
      using(open, async (store) => {
        const first = aTask('gone');
        await store.save(first);
        await store.remove('gone');
        await store.remove('gone');
        await store.remove('never there');
        assert.is(await store.find('gone'), undefined);
        assert.equal(await store.findMany(['gone']), []);
        assert.equal((await store.list({ limit: 10 })).items, []);
        await assert.rejects(store.save(nextOf(first, 1)), 'version_conflict');
        await store.save(aTask('gone', { task_name: 'again' }));
        assert.is((await store.find('gone'))?.task_name, 'again');
      }),
    );

    test(
      'removes a task at the version that is asked for, and at no other',
      using(open, async (store) => {
        const first = aTask('versioned');
        const second = nextOf(first, 1);
        await store.save(first);
        await store.save(second);
        await assert.rejects(store.remove('versioned', 1), 'version_conflict');
        await assert.rejects(store.remove('versioned', 3), 'version_conflict');
        assert.equal(await store.find('versioned'), second);
        assert.equal(idsOf((await store.list({ limit: 10 })).items), ['versioned']);
        await store.remove('versioned', 2);
        assert.is(await store.find('versioned'), undefined);
        assert.equal((await store.list({ limit: 10 })).items, []);
        await store.remove('versioned', 2);
        await store.remove('never there', 1);
      }),
    );

    test(
      'of a removal of a version and a save of the next one, one is done',
      using(open, async (store) => {
        for (let index = 0; index < 20; index += 1) {
          const first = aTask(`raced-${index}`);
          await store.save(first);
          const steps = [() => store.remove(first.task_id, 1), () => store.save(nextOf(first, 1))];
          const order = index % 2 === 0 ? steps : steps.toReversed();
          const outcomes = await Promise.allSettled(order.map((step) => step()));
          const done = outcomes.flatMap((outcome, at) => (outcome.status === 'fulfilled' ? [order[at]] : []));
          assert.is(done.length, 1, `round ${index}`);
          const isThere = (await store.find(first.task_id)) !== undefined;
          assert.is(isThere, done[0] === steps[1], `round ${index}`);
        }
      }),
    );
  });
