import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { type Answer, type Call, openApi } from '../support/api.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../support/dynalite.ts';
import { dynamodbGate } from '../support/dynamodb-gate.ts';
import { until } from '../support/redis.ts';
import { repeats, suite } from '../support/suite.ts';

const WRITES = repeats({ few: 6, all: 100 });

type World = Readonly<{ calls: readonly [Call, Call]; resent(): number }>;

/** Two processes over one DynamoDB, as two Lambdas are. */
const withTwoApis = async <T>(run: (world: World) => Promise<T>): Promise<T> => {
  const embedded = await openTestDynamodb();
  const client = dynamodbClient({ endpoint: embedded.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
  await createTables(client, {
    tasks: 'miyabi-tasks',
    projects: 'miyabi-projects',
    webhooks: 'miyabi-webhooks',
  });
  client.destroy();
  const gate = await dynamodbGate(embedded.endpoint);
  const env = {
    TASK_STORE: 'dynamodb',
    DYNAMODB_ENDPOINT: `http://127.0.0.1:${gate.port}`,
    CACHE: 'none',
  };
  const [one, other] = [await openApi(env), await openApi(env)];
  try {
    return await run({ calls: [one.call, other.call], resent: gate.resent });
  } finally {
    await one.close();
    await other.close();
    await gate.close();
    await embedded.close();
  }
};

const created = async ({ calls: [call] }: World): Promise<void> => {
  const body = { task_id: 'a', task_name: 'a', status: 'running' };
  await until('the task is made', async () =>
    [201, 409].includes((await call('POST', '/api/tasks', body)).status),
  );
};

/** The task as it is in the end, however busy the machine is. */
const final = async ({ calls: [, call] }: World): Promise<Answer['json']> => {
  let answer: Answer | undefined;
  await until('the task is read', async () => {
    answer = await call('GET', '/api/tasks/a');
    return answer.status === 200;
  });
  return answer?.json;
};

/**
 * If requests took so long that they were given up or repeated, their outcome is unknown: then the round proves less,
 * and there is another one.
 */
const ROUNDS = 2;
const untilCalm = (round: (world: World) => Promise<boolean>) => async (): Promise<void> => {
  for (let count = 1; count <= ROUNDS; count += 1) if (await withTwoApis(round)) return;
};

const isCalm = ({ resent }: World, answers: readonly Answer[]): boolean =>
  resent() === 0 && answers.every(({ status }) => status !== 503);

const test = suite('Races through the API');

test(
  'of many concurrent updates each has a version of its own or is refused, and none is lost',
  untilCalm(async (world) => {
    await created(world);
    const answers = await Promise.all(
      Array.from({ length: WRITES }, (_, index) =>
        (world.calls[index % 2] as Call)('PATCH', '/api/tasks/a', {
          metadata: { [`write_${index}`]: index },
        }),
      ),
    );
    const task = await final(world);
    const done = Object.keys(task.metadata);
    const accepted = answers.flatMap(({ status }, index) => (status === 200 ? [`write_${index}`] : []));
    assert.ok(
      accepted.every((name) => done.includes(name)),
      'an accepted update is lost',
    );
    assert.is(task.version, done.length + 1);
    for (const { status, json } of answers)
      assert.ok(status === 200 || json.code === 'version_conflict' || json.code === 'unavailable', json.code);
    if (!isCalm(world, answers)) return false;
    assert.ok(accepted.length > 0);
    assert.equal(done.toSorted(), accepted.toSorted(), 'a refused update is done');
    assert.equal(
      answers.flatMap(({ status, json }) => (status === 200 ? [json.version] : [])).toSorted((a, b) => a - b),
      accepted.map((_, index) => index + 2),
      'exactly one winner for each version',
    );
    return true;
  }),
);

test.slow(
  'of many concurrent updates of one version exactly one is done',
  untilCalm(async (world) => {
    await created(world);
    const answers = await Promise.all(
      Array.from({ length: WRITES }, (_, index) =>
        (world.calls[index % 2] as Call)(
          'POST',
          '/api/tasks/a/progress',
          { current: index + 1, total: 1_000 },
          { 'if-match': '"1"' },
        ),
      ),
    );
    const winners = answers.filter(({ status }) => status === 200);
    const task = await final(world);
    assert.ok(winners.length <= 1 && task.version <= 2);
    for (const { status } of answers) assert.ok([200, 409, 412, 503].includes(status), String(status));
    if (!isCalm(world, answers)) return false;
    assert.is(winners.length, 1);
    assert.is(task.version, 2);
    assert.equal(task.progress, winners[0]?.json.progress);
    const { history } = (await world.calls[0]('GET', '/api/tasks/a/history')).json;
    assert.is(history.at(-1).current, task.progress.current);
    return true;
  }),
);

test.run();
