import { countTogether, emptyProject, type StoredProject } from '../domain/projects/project.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { ProjectStore } from '../ports/project-store.ts';
import type { Committed, TaskCommits } from '../ports/task-commits.ts';
import type { TaskHistory, TaskStore } from '../ports/task-store.ts';
import type { TaskTally } from '../ports/task-tally.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { aPoint, aProject, aStoredTask, nextOf } from './samples.ts';

type Stores = Readonly<{
  commits: Required<TaskCommits>;
  tasks: TaskStore;
  tally: TaskTally;
  history: TaskHistory;
  projects: ProjectStore;
}>;

const counting =
  (task: StoredTask) =>
  (projectNow: () => StoredProject | undefined): Committed =>
    countTogether(projectNow() ?? emptyProject(task.project_id, 0), task, 0);

/** What commits promise, together with the stores that they write. */
export const taskCommitsContract = (runner: Runner, adapter: string, open: Open<Stores>): void =>
  runner.describe(`TaskCommits: ${adapter}`, () => {
    const { test } = runner;

    test(
      'writes a task, its history and its project, and leaves nothing to be counted',
      using(open, async ({ commits, tasks, tally, history, projects }) => {
        const task = aStoredTask('a', { project_id: 'p' });
        const committed = await commits.commit(task, [aPoint(1), aPoint(2)], counting(task));
        assert.equal(await tasks.find('a'), committed.task);
        assert.equal(committed.task.counted, { project_id: 'p', kind: 'active', seconds: 0 });
        assert.equal(await projects.find('p'), committed.project);
        assert.is(committed.project?.metrics.total_tasks, 1);
        assert.equal((await history.read('a', { limit: 10 })).items, [aPoint(1), aPoint(2)]);
        assert.equal(await tally.uncounted(10), []);
        assert.equal(
          (await tasks.list({ limit: 10, project_id: 'p' })).items.map(({ task_id }) => task_id),
          ['a'],
        );
      }),
    );

    test(
      'decides on the project as the commit before has left it, however many are made at once',
      using(open, async ({ commits, projects }) => {
        await projects.save(aProject('p'));
        const committed = await Promise.all(
          Array.from({ length: 20 }, (_, index) => {
            const task = aStoredTask(`t${index}`, { project_id: 'p' });
            return commits.commit(task, [], counting(task));
          }),
        );
        assert.equal(
          committed.map(({ project }) => project?.metrics.total_tasks),
          Array.from({ length: 20 }, (_, index) => index + 1),
        );
        assert.equal(await projects.find('p'), committed.at(-1)?.project);
        await projects.save({ ...aProject('p'), project_name: 'renamed', version: 22 });
        const task = aStoredTask('later', { project_id: 'p' });
        const { project } = await commits.commit(task, [], counting(task));
        assert.is(project?.project_name, 'renamed');
      }),
    );

    test(
      'writes nothing at all where the version of the task is refused',
      using(open, async ({ commits, tasks, history, projects }) => {
        const first = aStoredTask('a', { project_id: 'p' });
        const { task } = await commits.commit(first, [], counting(first));
        await assert.rejects(commits.commit(first, [aPoint(1)], counting(first)), 'already_exists');
        const skipping = { ...nextOf(task, 1), version: 4 };
        await assert.rejects(commits.commit(skipping, [aPoint(2)], counting(skipping)), 'version_conflict');
        const uncounted = nextOf(first, 1);
        await assert.rejects(commits.commit(uncounted, [aPoint(3)], counting(uncounted)), 'version_conflict');
        assert.equal(await tasks.find('a'), task);
        assert.equal((await history.read('a', { limit: 10 })).items, []);
        assert.is((await projects.find('p'))?.version, 1);
      }),
    );

    test(
      'writes nothing at all where the decision fails',
      using(open, async ({ commits, tasks, history }) => {
        const failing = commits.commit(aStoredTask('a'), [aPoint(1)], () => {
          throw new Error('undecided');
        });
        const error = await failing.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        assert.instance(error, Error);
        assert.is(await tasks.find('a'), undefined);
        assert.equal((await history.read('a', { limit: 10 })).items, []);
      }),
    );

    test(
      'lists a project as the last commit has left it',
      using(open, async ({ commits, projects }) => {
        await projects.save(aProject('p'));
        assert.is((await projects.list({ limit: 10 })).items[0]?.metrics.total_tasks, 0);
        const task = aStoredTask('a', { project_id: 'p' });
        await commits.commit(task, [], counting(task));
        assert.is((await projects.list({ limit: 10 })).items[0]?.metrics.total_tasks, 1);
      }),
    );
  });
