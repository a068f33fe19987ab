import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import type { RedisLink } from '../../../src/adapters/redis/link.ts';
import { redisProjectCache } from '../../../src/adapters/redis/project-cache.ts';
import { redisTaskCache } from '../../../src/adapters/redis/task-cache.ts';
import type { Project } from '../../../src/domain/projects/project.ts';
import type { Task } from '../../../src/domain/tasks/task.ts';
import { fromIso } from '../../../src/domain/time.ts';
import { hasRedisServer, onStandaloneRedis } from '../../support/redis.ts';
import { freshNamespace, mockLink } from '../../support/redis-mock.ts';
import { needs, suite } from '../../support/suite.ts';
import { aProject, aTask } from '../../support/tasks.ts';

const onMock = async (run: (redis: RedisLink) => Promise<void>): Promise<void> => {
  const redis = mockLink();
  try {
    await run(redis);
  } finally {
    await redis.close();
  }
};

const test = suite('Entries of another shape in Redis');
const ON = [
  ['ioredis-mock', test, onMock],
  ['redis-server', needs(test, hasRedisServer, 'redis-server is not on the PATH'), onStandaloneRedis],
] as const;

/** What 0.1.0 stores of a task or project. */
const entryOf = ({ version }: Task | Project, until: number, json: string): string =>
  `t|${until}|${version}|${json}`;

/** What 0.1.0 takes out of an entry and sends to its clients. */
const answerOf010 = (text: string | null): unknown => JSON.parse((text ?? '').replace(/^t\|\d+\|\d+\|/, ''));

const open = (redis: RedisLink) => {
  const clock = memoryClock();
  const namespace = freshNamespace();
  return {
    namespace,
    until: clock.now() + 60_000,
    tasks: redisTaskCache({ redis, clock, namespace, storeDelayMs: 0 }),
    projects: redisProjectCache({ redis, clock, namespace }),
  };
};

for (const [name, it, withRedis] of ON) {
  it(`${name}: a task that 0.1.0 wrote is a miss, and filled again under the same version`, () =>
    withRedis(async (redis) => {
      const { tasks, namespace, until } = open(redis);
      const key = `{${namespace}}:task:a`;
      const task = aTask('a', { version: 3, description: 'a field that it may not have' });
      await redis.run((client) => client.set(key, entryOf(task, until, '{"task_id":"a"}')));
      assert.is(await tasks.find('a'), undefined);
      await tasks.save([task]);
      assert.equal(await tasks.find('a'), { task_id: 'a', version: 3, json: JSON.stringify(task) });
      assert.equal(answerOf010(await redis.run((client) => client.get(key))), task, 'it is JSON for 0.1.0');
    }));

  it(`${name}: a task that 0.1.0 wrote later is not replaced by an earlier one`, () =>
    withRedis(async (redis) => {
      const { tasks, namespace, until } = open(redis);
      const key = `{${namespace}}:task:a`;
      const later = entryOf(aTask('a', { version: 5 }), until, '{"task_id":"a"}');
      await redis.run((client) => client.set(key, later));
      await tasks.save([aTask('a', { version: 4 })]);
      assert.is(await redis.run((client) => client.get(key)), later);
      assert.is(await tasks.find('a'), undefined);
    }));

  it(`${name}: a project that 0.1.0 wrote is a miss, and filled again under the same version`, () =>
    withRedis(async (redis) => {
      const { projects, namespace, until } = open(redis);
      const project = aProject('p', { version: 2 });
      const key = `{${namespace}}:project:p`;
      await redis.run((client) => client.set(key, entryOf(project, until, '{"project_id":"p"}')));
      assert.is(await projects.find('p'), undefined);
      await projects.save(project);
      assert.equal(await projects.find('p'), {
        project_id: 'p',
        version: 2,
        json: JSON.stringify(project),
      });
      await projects.save(aProject('p', { version: 1 }));
      assert.is(((await projects.find('p')) as { version: number }).version, 2);
    }));

  it(`${name}: a list with a task that 0.1.0 wrote is filled from the store`, () =>
    withRedis(async (redis) => {
      const { tasks, namespace, until } = open(redis);
      const query = { limit: 10 };
      const items = [aTask('a'), aTask('b')];
      const fill = async () => {
        const { ticket } = await tasks.page(query);
        assert.ok(ticket, 'the list is asked for again');
        await tasks.fill(ticket, { items });
      };
      const ids = async () => (await tasks.page(query)).page?.items.map(({ task_id }) => task_id).toSorted();
      await fill();
      assert.equal(await ids(), ['a', 'b']);
      const [{ version, updated_at, status, project_id }] = items as [Task, Task];
      const shown = `s|${until}|${version}|${fromIso(updated_at)}|${status}|${project_id}`;
      await redis.run((client) =>
        client.hset(`{${namespace}}:lists`, 'a', `${shown}\na\n${version}\n{"task_id":"a"}\n`),
      );
      assert.is(await ids(), undefined);
      await fill();
      const { page } = await tasks.page(query);
      assert.equal(
        page?.items.map(({ json }) => JSON.parse(json)).toSorted((a, b) => (a.task_id < b.task_id ? -1 : 1)),
        items,
      );
    }));
}

test.run();
