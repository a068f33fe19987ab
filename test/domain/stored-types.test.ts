import * as assert from 'uvu/assert';
import { type Project, publicProject, type StoredProject } from '../../src/domain/projects/project.ts';
import { publicTask } from '../../src/domain/tasks/stored.ts';
import type { StoredTask, Task } from '../../src/domain/tasks/task.ts';
import type { ProjectCache } from '../../src/ports/project-cache.ts';
import type { TaskCache } from '../../src/ports/task-cache.ts';
import { suite } from '../support/suite.ts';
import { aProject, aTask } from '../support/tasks.ts';

const unknown = { '': { from_a_newer_version: { S: 'x' } } };

const storedTask: StoredTask = {
  ...aTask('t'),
  counted: { project_id: 'p', kind: 'active', seconds: 0 },
  pendingEvents: [{ type: 'task.stale', project_id: 'p', version: 1, at: '2026-11-23T12:00:00.000Z' }],
  rateFrom: { current: 1, at: '2026-11-23T12:00:00.000Z' },
  retries: 1,
  unknown,
};

const storedProject: StoredProject = {
  ...aProject('p'),
  tally: { seconds: 0, recent: {} },
  has_webhooks: true,
  unknown,
};

/** Never called: `tsc` checks that each line is refused, and fails where one is not. */
export const leaks = (tasks: TaskCache, projects: ProjectCache): readonly unknown[] => {
  // @ts-expect-error a stored task is no task of the API
  const task: Task = storedTask;
  // @ts-expect-error a stored project is no project of the API
  const project: Project = storedProject;
  // @ts-expect-error the cache's entries are what the API answers
  const savedTask = tasks.save([storedTask]);
  // @ts-expect-error the cache's entries are what the API answers
  const savedProject = projects.save(storedProject);
  return [task, project, savedTask, savedProject];
};

const test = suite('stored and public types');

test('the public task is the stored one without any of its bookkeeping', () => {
  assert.equal(publicTask(storedTask), aTask('t'));
});

test('the public project is the stored one without any of its bookkeeping', () => {
  assert.equal(publicProject(storedProject), aProject('p'));
});

test.run();
