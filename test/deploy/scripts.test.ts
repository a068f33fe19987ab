import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import {
  SHARDED_LISTS,
  shardedInto,
  type TaskShards,
  UNSHARDED,
} from '../../src/adapters/dynamodb/task-shards.ts';
import { dynamodbTaskStore } from '../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { ADMIN_ENTRY, ADMIN_KEY } from '../support/artifact.ts';
import { programOf } from '../support/built.ts';
import { type Ran, run } from '../support/cli.ts';
import { openTestDynamodb } from '../support/dynalite.ts';
import { type FakeAws, fakeAws } from '../support/fake-aws.ts';
import { freePort } from '../support/free-port.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';
import { aTask, NOON } from '../support/tasks.ts';

const script = (
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> =>
  run(
    [...programOf(`deploy/scripts/${name}.ts`), ...args],
    // The SDK must not ask EC2's metadata service, in case the tests run on EC2. Coverage is measured for src alone, and would
    // make the scripts half as slow again.
    { env: { AWS_EC2_METADATA_DISABLED: 'true', NODE_V8_COVERAGE: '', ...env } },
  );

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-west-1',
};

/** One line on standard error, and exit code 1. */
const refuses = ({ code, stderr }: Ran, line: RegExp): void => {
  const own = stderr
    .split('\n')
    .filter((one) => /^(synth|diff|deploy|destroy|rollback|shards|smoke|cost): /.test(one));
  assert.is(own.length, 1, stderr);
  assert.match(own[0] ?? '', line);
  assert.not.match(stderr, /^\s+at |Warning/m);
  assert.is(code, 1, stderr);
};

const against = async (aws: FakeAws, name: string, args: readonly string[]): Promise<Ran> => {
  const { endpoint, close } = await fakeAws(aws);
  try {
    return await script(name, args, { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint });
  } finally {
    close();
  }
};

const ARGS: Readonly<Record<string, readonly string[]>> = { diff: [], deploy: ['--yes'], destroy: [] };

const test = suite('deployment scripts');

test(
  'refuse to begin without credentials, with wrong and with expired ones',
  async () => {
    for (const [name, args] of Object.entries(ARGS)) {
      const [missing, wrong, unsigned, expired] = await Promise.all([
        script(name, args, { AWS_REGION: 'eu-west-1' }),
        against({ refusal: 'InvalidClientTokenId' }, name, args),
        against({ refusal: 'SignatureDoesNotMatch' }, name, args),
        against({ refusal: 'ExpiredToken' }, name, args),
      ]);
      refuses(missing, new RegExp(`^${name}: No AWS credentials`));
      refuses(wrong, /AWS does not accept these credentials \(InvalidClientTokenId\)/);
      refuses(unsigned, /AWS does not accept these credentials \(SignatureDoesNotMatch\)/);
      refuses(expired, /The AWS credentials have expired: sign in again/);
    }
  },
  { slow: true },
);

test(
  'refuse to begin without a Region, a bootstrap, or AWS',
  async () => {
    const { AWS_REGION: _none, ...noRegion } = CREDENTIALS;
    const [region, bootstrap, old, roomy, away] = await Promise.all([
      script('deploy', ['--yes'], noRegion),
      against({ unreserved: 100 }, 'deploy', ['--yes']),
      against({ bootstrap: '4' }, 'deploy', ['--yes']),
      against({ unreserved: 1000 }, 'deploy', ['--yes']),
      script('deploy', ['--yes'], {
        ...CREDENTIALS,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}`,
      }),
    ]);
    refuses(region, /No Region: set AWS_REGION/);
    refuses(bootstrap, /Account 123456789012, Region eu-west-1, is not bootstrapped: run npm run bootstrap/);
    assert.match(bootstrap.stdout, 'This account runs 100 functions at once, too few to reserve some');
    refuses(old, /bootstrapped with version 4, too old/);
    assert.match(old.stdout, 'The concurrency limit of this account could not be read');
    refuses(roomy, /is not bootstrapped/);
    assert.not.match(roomy.stdout, /concurrency|functions at once/);
    refuses(away, /AWS does not answer as it should/);
  },
  { slow: true },
);

test.slow('say nothing of their own about the version of Node that runs them', async () => {
  const names = ['bootstrap', 'rollback', 'redrive', 'shards'];
  const refused = await Promise.all(
    names.map((name) => against({ refusal: 'ExpiredToken' }, name, name === 'bootstrap' ? [] : ['--yes'])),
  );
  for (const [index, { stderr, code }] of refused.entries()) {
    assert.match(stderr, /^\w+: The AWS credentials have expired[^\n]*\n$/, names[index]);
    assert.is(code, 1);
  }
});

test('refuse a wrong option before any request', async () => {
  refuses(
    await script('deploy', ['--yes', '-c', 'cache=redis']),
    /cache must be one of none, node, serverless/,
  );
});

test.slow('refuse an unknown option, and to deploy without asking, before any request', async () => {
  const [unknown, flag, unreachable] = await Promise.all([
    script('synth', ['-c', 'colour=red']),
    script('diff', ['--force']),
    script('deploy', []),
  ]);
  refuses(unknown, /-c colour=red: the options are name, cache/);
  refuses(flag, /Unknown option '--force'; there are --context/);
  refuses(unreachable, /no terminal to ask on: with --yes it is deployed without asking/);
});

test.slow('destroy says what goes and what stays, and does nothing before it is confirmed', async () => {
  const { endpoint, requested, close } = await fakeAws({ bootstrap: '30', stacks: ['Miyabi'] });
  try {
    const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint };
    const [unconfirmed, another] = await Promise.all([
      script('destroy', [], env),
      script('destroy', ['-c', 'name=other', '--confirm', 'Miyabi-other'], env),
    ]);
    refuses(unconfirmed, /Nothing was changed: add --confirm Miyabi to go ahead/);
    assert.match(unconfirmed.stdout, 'This stays: tables miyabi-tasks, miyabi-projects and miyabi-webhooks');
    refuses(another, /There is no stack Miyabi-other in account 123456789012/);
    assert.equal(
      [...new Set(requested)].filter((operation) => !/^(Get|Describe)/.test(operation)),
      [],
    );
  } finally {
    close();
  }
});

test.slow('rollback gives the traffic to the version before, or the one that is named', async () => {
  const roll = async (aws: FakeAws, args: readonly string[]) => {
    const { endpoint, requested, close } = await fakeAws(aws);
    try {
      const ran = await script('rollback', args, { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint });
      return { ran, changes: requested.filter((one) => /^(PUT|POST|DELETE|Stop)/.test(one)) };
    } finally {
      close();
    }
  };
  const versions = { all: [3, 5, 6, 11], live: 6 };
  const [before, named, none, missing, running] = await Promise.all([
    roll({ versions }, ['--yes']),
    roll({ versions }, ['--yes', '--to', '3']),
    roll({ versions: { all: [6, 11], live: 6 } }, ['--yes']),
    roll({ versions }, ['--yes', '--to', '4']),
    roll({ versions, deployment: 'd-ABC' }, ['--yes']),
  ]);
  assert.is(before.ran.code, 0, before.ran.stderr);
  assert.match(before.ran.stdout, 'miyabi-api answers with version 5');
  assert.match(
    before.changes.join(),
    /^PUT \S+\/functions\/miyabi-api\/aliases\/live .*"FunctionVersion":"5"/,
  );
  assert.match(named.changes.join(), '"FunctionVersion":"3"');
  refuses(none.ran, /Version 6 has no earlier one to go back to/);
  refuses(missing.ran, /There is no version 4; there are 3, 5, 6, 11/);
  assert.equal([...none.changes, ...missing.changes], []);
  assert.match(running.ran.stdout, 'deployment d-ABC of miyabi-api is under way');
  assert.equal(running.changes, ['StopDeployment']);
});

test(
  'shards fills the indexes of an existing table, and lists do not move to them before',
  async () => {
    const dynamodb = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: dynamodb.endpoint, region: CREDENTIALS.AWS_REGION });
    const names = { tasks: 'miyabi-tasks', projects: 'miyabi-projects', webhooks: 'miyabi-webhooks' };
    const between = { count: 4, step: SHARDED_LISTS - 1 };
    const at = (options: Readonly<Record<string, string>>) =>
      fakeAws({ bootstrap: '30', stacks: ['Miyabi'], options });
    const [aws, early] = [
      await at({ shards: '4', shardStep: '3' }),
      await at({ shards: '4', shardStep: '2' }),
    ];
    const on = ({ endpoint }: typeof aws, name: string, args: readonly string[]) =>
      script(name, ['--yes', ...args], {
        ...CREDENTIALS,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      });
    try {
      await createTables(client, names, { shards: between });
      const store = (shards: TaskShards) =>
        dynamodbTaskStore({ client, tableName: names.tasks, clock: memoryClock(NOON), shards });
      await store(UNSHARDED).save(aTask('old'));

      refuses(await on(early, 'shards', []), /at shard step 2: deploy it up to shardStep 3 first/);
      refuses(
        await on(aws, 'shards', ['--per-second', 'many']),
        /--per-second must be a whole number from 1/,
      );
      refuses(
        await on(aws, 'deploy', ['-c', 'shardStep=7']),
        /a deployment goes one step: -c shards=4 -c shardStep=4/,
      );
      refuses(
        await on(aws, 'deploy', ['-c', 'shardStep=4']),
        /not all tasks of miyabi-tasks .*: run npm run shards first/,
      );
      const filled = await on(aws, 'shards', []);
      assert.is(filled.code, 0, filled.stderr);
      assert.match(
        filled.stdout,
        'Done: 1 tasks looked at, 1 written. Go on with npm run deploy -- -c shardStep=4.',
      );
      assert.is((await store(shardedInto(4)).list({ limit: 10 })).items.length, 1);
    } finally {
      aws.close();
      early.close();
      client.destroy();
      await dynamodb.close();
    }
  },
  { slow: true },
);

test(
  'smoke goes through a running system, and leaves nothing behind',
  async () => {
    const server = await startServer({ MIYABI_BACKEND: 'memory', API_KEYS: ADMIN_ENTRY });
    try {
      const [good, keyless, wrongKey, list] = [
        await script('smoke', ['--url', server.url], { MIYABI_API_KEY: ADMIN_KEY }),
        await script('smoke', ['--url', server.url]),
        await script('smoke', ['--url', server.url, '--key', 'not-the-right-key']),
        await fetch(`${server.url}/api/tasks`, { headers: { 'x-api-key': ADMIN_KEY } }),
      ];
      assert.is(good.code, 0, good.stderr);
      assert.match(good.stdout, 'ok  it shows their progress');
      assert.is(keyless.code, 0, keyless.stderr);
      assert.match(keyless.stdout, 'nothing further is tried');
      refuses(wrongKey, /it takes the key: GET \/api\/tasks answered 401/);
      assert.equal(((await list.json()) as { tasks: unknown[] }).tasks, []);
    } finally {
      server.process.kill();
      await server.ended;
    }
  },
  { slow: true },
);

test.slow('smoke says in one line what is wrong: no address, no answer, no key required', async () => {
  const open = await startServer({ MIYABI_BACKEND: 'memory' });
  try {
    const [none, unreachable, unlocked] = await Promise.all([
      script('smoke', []),
      script('smoke', ['--url', `http://127.0.0.1:${await freePort()}`]),
      script('smoke', ['--url', open.url]),
    ]);
    refuses(none, /--url must be given/);
    refuses(unreachable, /does not answer/);
    refuses(unlocked, /it turns strangers away: GET \/api\/tasks answered 200/);
  } finally {
    open.process.kill();
    await open.ended;
  }
});

test.run();
