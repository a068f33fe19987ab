import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { openApi } from '../support/api.ts';
import { until } from '../support/cli.ts';
import { openTestDynamodb } from '../support/dynalite.ts';
import { suite } from '../support/suite.ts';

const test = suite('Two processes on one DynamoDB');

/** Two compositions share nothing but the tables, as two Lambdas do. */
const withTwo =
  (
    run: (
      one: Awaited<ReturnType<typeof openApi>>,
      two: Awaited<ReturnType<typeof openApi>>,
    ) => Promise<void>,
  ) =>
  async () => {
    const server = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: server.endpoint });
    await createTables(client, { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' });
    client.destroy();
    const env = {
      TASK_STORE: 'dynamodb',
      CACHE: 'none',
      DYNAMODB_ENDPOINT: server.endpoint,
      TASKS_TABLE_NAME: 'tasks',
      PROJECTS_TABLE_NAME: 'projects',
      WEBHOOKS_TABLE_NAME: 'webhooks',
      AWS_REGION: 'eu-central-1',
    };
    const one = await openApi(env);
    const two = await openApi(env);
    try {
      await run(one, two);
    } finally {
      await one.close();
      await two.close();
      await server.close();
    }
  };

test.slow(
  'a hundred requests with one Idempotency-Key create one task',
  withTwo(async (one, two) => {
    const headers = { 'idempotency-key': 'k' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? one : two).call('POST', '/api/tasks', { task_name: 'One' }, headers),
      ),
    );
    const created = answers.filter(({ status }) => status === 201);
    assert.ok(created.length > 0);
    assert.is(new Set(created.map(({ json }) => json.task_id)).size, 1);
    const mayEndSo = ['idempotency_in_flight', 'unavailable'];
    assert.ok(answers.every(({ status, json }) => status === 201 || mayEndSo.includes(json.code)));
    assert.is((await one.call('GET', '/api/tasks')).json.tasks.length, 1);
    const again = await two.call('POST', '/api/tasks', { task_name: 'One' }, headers);
    assert.equal(again.json, created[0]?.json);
  }),
);

test(
  'metrics count what both have written',
  withTwo(async (one, two) => {
    const create = async (index: number): Promise<void> => {
      const task = { task_id: `t${index}`, project_id: 'p', status: index % 3 === 0 ? 'failed' : 'running' };
      // On a busy machine a request may be given up; whether the task was made then shows when it is made again.
      await until(`task ${index} is there`, async () => {
        const { status } = await (index % 2 === 0 ? one : two).call('POST', '/api/tasks', task);
        return status === 201 || status === 409;
      });
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => create(index)));
    await one.counter.sweep();
    const { tasks } = (await one.call('GET', '/api/tasks?project_id=p&limit=100')).json;
    assert.ok(tasks.length > 0);
    // A machine under load may have refused some of them.
    const having = (status: string) =>
      tasks.filter((task: { status: string }) => task.status === status).length;
    const { metrics } = (await two.call('GET', '/api/projects/p')).json;
    assert.equal(
      [metrics.total_tasks, metrics.failed_tasks, metrics.active_tasks],
      [tasks.length, having('failed'), having('running')],
    );
  }),
);

test.run();
