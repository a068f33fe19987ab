import * as assert from 'uvu/assert';
import type { TaskQuery } from '../../src/ports/task-store.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';
import { aTask } from '../support/tasks.ts';

const test = suite('Task list');

/** A store that finds nothing in its first pages, and takes that long for each. */
const sparse = async (emptyPages: number, msEach: number) => {
  const ports = memoryPorts();
  const queries: TaskQuery[] = [];
  const list = async (query: TaskQuery) => {
    queries.push(query);
    ports.clock.advance(msEach);
    const next = { task_id: `t${queries.length}`, updated_at: '2026-01-01T00:00:00.000Z' };
    return queries.length <= emptyPages ? { items: [], next } : { items: [aTask('found')] };
  };
  const { listTasks } = await system({ ...ports, tasks: { ...ports.tasks, list } });
  return { listTasks, queries };
};

const QUERY = { limit: 10, q: 'nothing like it' };

test('goes on through pages without a match, each from where the one before ended', async () => {
  const { listTasks, queries } = await sparse(3, 1);
  const page = await listTasks(QUERY);
  assert.equal(
    page.items.map(({ task_id }) => task_id),
    ['found'],
  );
  assert.equal(
    queries.map(({ after }) => after?.task_id),
    [undefined, 't1', 't2', 't3'],
  );
});

test('gives an empty page that leads on after 10 ms of searching', async () => {
  const { listTasks, queries } = await sparse(100, 8);
  const page = await listTasks(QUERY);
  assert.equal([page.items, page.next?.task_id, queries.length], [[], 't2', 2]);
});

test('gives an empty page that leads on after ten pages, however fast they come', async () => {
  const { listTasks, queries } = await sparse(100, 0);
  const page = await listTasks(QUERY);
  assert.equal([page.items, page.next?.task_id, queries.length], [[], 't10', 10]);
});

test.run();
