import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMBEDDED_PATIENCE, openEmbeddedDynamodb } from '../../src/adapters/dynalite/embedded.ts';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { type Answer, type Call, openApi } from '../support/api.ts';

const WRITES = 200;

/** Two processes over one DynamoDB, as two Lambdas are. */
const withTwoApis = (run: (calls: readonly [Call, Call]) => Promise<void>) => async (): Promise<void> => {
  const embedded = await openEmbeddedDynamodb();
  const client = dynamodbClient({ endpoint: embedded.endpoint, ...EMBEDDED_PATIENCE });
  await createTables(client, { tasks: 'miyabi-tasks', projects: 'miyabi-projects' });
  client.destroy();
  const env = { TASK_STORE: 'dynamodb', DYNAMODB_ENDPOINT: embedded.endpoint, CACHE: 'none' };
  const [one, other] = [await openApi(env), await openApi(env)];
  try {
    await run([one.call, other.call]);
  } finally {
    await one.close();
    await other.close();
    await embedded.close();
  }
};

const created = async ([call]: readonly [Call, Call]): Promise<void> => {
  const { status } = await call('POST', '/api/tasks', { task_id: 'a', task_name: 'a', status: 'running' });
  assert.is(status, 201);
};

const versionsOf = (answers: readonly Answer[]): readonly number[] =>
  answers.map(({ json }) => json.version).toSorted((a, b) => a - b);

const test = suite('Races through the API');

test(
  'of two hundred concurrent updates each has a version of its own or is refused, and none is lost',
  withTwoApis(async (calls) => {
    await created(calls);
    const answers = await Promise.all(
      Array.from({ length: WRITES }, (_, index) =>
        (calls[index % 2] as Call)('PATCH', '/api/tasks/a', { metadata: { [`write_${index}`]: index } }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    assert.equal(
      refused.map(({ status, json }) => [status, json.code]),
      refused.map(() => [409, 'version_conflict']),
    );
    assert.ok(accepted.length > 0);
    assert.equal(
      versionsOf(accepted),
      accepted.map((_, index) => index + 2),
      'exactly one winner for each version',
    );
    const { json } = await calls[1]('GET', '/api/tasks/a');
    assert.is(json.version, accepted.length + 1);
    assert.equal(
      Object.keys(json.metadata).toSorted(),
      answers.flatMap(({ status }, index) => (status === 200 ? [`write_${index}`] : [])).toSorted(),
    );
  }),
);

test(
  'of two hundred concurrent updates of one version exactly one is done',
  withTwoApis(async (calls) => {
    await created(calls);
    const answers = await Promise.all(
      Array.from({ length: WRITES }, (_, index) =>
        (calls[index % 2] as Call)(
          'POST',
          '/api/tasks/a/progress',
          { current: index + 1, total: 1_000 },
          { 'if-match': '"1"' },
        ),
      ),
    );
    const [winner, ...others] = answers.filter(({ status }) => status === 200);
    assert.equal(others, []);
    assert.ok(answers.every(({ status }) => [200, 409, 412].includes(status)));
    const { json } = await calls[1]('GET', '/api/tasks/a');
    assert.is(json.version, 2);
    assert.equal(json.progress, winner?.json.progress);
    const { history } = (await calls[0]('GET', '/api/tasks/a/history')).json;
    assert.is(history.at(-1).current, json.progress.current);
  }),
);

test.run();
