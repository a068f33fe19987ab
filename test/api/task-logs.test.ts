import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { httpOptions } from '../../src/api/options.ts';
import { readConfig } from '../../src/config.ts';
import { unavailable } from '../../src/domain/errors.ts';
import { type Api, openApi, withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('HTTP API: log lines of a task');

const AT = Date.UTC(2026, 10, 23, 12);
const PLACE = { log_group: '/miyabi/run', log_stream: 'deploy-1', project_id: 'shop' };

const event = (message: string, ms = 0) => ({ timestamp: AT + ms, message });
const row = (text: string) => `Shop | 1/4 | 10:00:05 AM | ${text}`;
const FAILING = row('CREATE_FAILED        | AWS::S3::Bucket | Logs logs-bucket already exists');
const DEPLOY: readonly string[] = [
  'Synthesizing',
  'Shop: deploying... [1/1]',
  row('CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Shop User Initiated'),
  row('CREATE_IN_PROGRESS   | AWS::S3::Bucket | Logs'),
  row('CREATE_IN_PROGRESS   | AWS::SQS::Queue | Queue'),
  row('CREATE_COMPLETE      | AWS::SQS::Queue | Queue'),
  FAILING,
  row('ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | Shop'),
  row('DELETE_COMPLETE      | AWS::SQS::Queue | Queue'),
  row('ROLLBACK_COMPLETE    | AWS::CloudFormation::Stack | Shop'),
  ' ❌  Shop failed: logs-bucket already exists',
  'done, exit 1',
];

const post = (call: Api['call'], lines: readonly string[], place: object = PLACE) =>
  call('POST', '/api/logs', { ...PLACE, ...place, events: lines.map((line, n) => event(line, n * 100)) });

/** Sends a deployment that fails, and gives the id of its task. */
const failedTask = async (call: Api['call']): Promise<string> => {
  const { status, json } = await post(call, DEPLOY);
  assert.is(status, 200, JSON.stringify(json));
  const [task] = json.tasks;
  assert.is(task?.status, 'failed', JSON.stringify(json));
  return task.task_id;
};

const textsOf = ({ json }: { json: { lines: readonly { text: string }[] } }) =>
  json.lines.map(({ text }) => text);

for (const [name, env] of [
  ['memory', { MIYABI_BACKEND: 'memory' }],
  ['the embedded store', { MIYABI_BACKEND: 'memory', TASK_STORE: 'embedded' }],
] as const) {
  const folder = `/tmp/miyabi-task-logs-${process.pid}-${name.length}`;
  test(
    `are those that were posted, with the failing one, on ${name}`,
    withApi(
      async ({ call }) => {
        const id = await failedTask(call);
        const logs = await call('GET', `/api/tasks/${id}/logs`);
        assert.is(logs.status, 200, logs.text);
        assert.equal(textsOf(logs), DEPLOY);
        assert.is(logs.json.source, 'store');
        assert.is(logs.json.before, null);
        assert.is(logs.json.lines[0].timestamp, '2026-11-23T12:00:00.000Z');
        const failing = logs.json.lines.find(
          ({ cursor }: { cursor: string }) => cursor === logs.json.failure.cursor,
        );
        assert.is(failing.text, FAILING);
      },
      { ...env, MIYABI_DATA_DIR: folder },
    ),
  );
}

test(
  'give ten lines of context around a failure, five before it and four after',
  withApi(async ({ call }) => {
    const id = await failedTask(call);
    const context = await call('GET', `/api/tasks/${id}/logs?around=failure`);
    assert.equal(textsOf(context), DEPLOY.slice(1, 11));
    assert.is(textsOf(context)[5], FAILING);
    assert.is(context.json.lines[5].cursor, context.json.failure.cursor);
    const older = await call('GET', `/api/tasks/${id}/logs?before=${context.json.before}`);
    assert.equal(textsOf(older), DEPLOY.slice(0, 1));
    const newer = await call('GET', `/api/tasks/${id}/logs?after=${context.json.after}`);
    assert.equal(textsOf(newer), DEPLOY.slice(11));
  }),
);

test(
  'give the last ten lines of a task without a line that looks like an error, and say no failure',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', {
      task_id: 't',
      status: 'running',
      details: { log_group: PLACE.log_group, log_stream: PLACE.log_stream },
    });
    await call('POST', '/api/logs', {
      ...PLACE,
      events: Array.from({ length: 15 }, (_, n) => ({ timestamp: Date.now() + n, message: `step ${n}` })),
    });
    await call('POST', '/api/tasks/t/progress', { status: 'failed' });
    const { json } = await call('GET', '/api/tasks/t/logs?around=failure');
    assert.equal(
      json.lines.map(({ text }: { text: string }) => text),
      Array.from({ length: 10 }, (_, n) => `step ${n + 5}`),
    );
    assert.is(json.failure, undefined);
    assert.is((await call('GET', '/api/tasks/t/logs')).json.failure, undefined);
  }),
);

test(
  'can be searched, followed and read backwards',
  withApi(async ({ call }) => {
    const id = await failedTask(call);
    assert.equal(textsOf(await call('GET', `/api/tasks/${id}/logs?q=QUEUE&tail=2`)), [DEPLOY[5], DEPLOY[8]]);
    const tail = await call('GET', `/api/tasks/${id}/logs?tail=3`);
    assert.equal(textsOf(tail), DEPLOY.slice(9));
    await call('POST', '/api/logs', { ...PLACE, events: [event('one more line', 1_300)] });
    assert.equal(textsOf(await call('GET', `/api/tasks/${id}/logs?after=${tail.json.after}`)), [
      'one more line',
    ]);
    assert.equal(
      textsOf(await call('GET', `/api/tasks/${id}/logs?before=${tail.json.before}&limit=2`)),
      DEPLOY.slice(7, 9),
    );
  }),
);

test(
  'are masked, and have no escapes but colours, whether they are posted as events or as text',
  withApi(async ({ call }) => {
    const evil =
      '\u001b[31mred\u001b[0m \u001b[2J\u001b]0;t\u0007\u0000\u0085 token=abcdef123456 user\u202egnp \ud800';
    const shown = '\u001b[31mred\u001b[0m  token=[masked] user\ufffdgnp \ufffd';
    await post(call, ['Building 1/4', evil]);
    await call(
      'POST',
      '/api/logs/text?log_group=g&log_stream=t',
      `Building 1/4\n${evil.replace('\ud800', '\ufffd')}\n`,
      {
        'content-type': 'text/plain',
      },
    );
    const { tasks } = (await call('GET', '/api/tasks')).json;
    assert.is(tasks.length, 2);
    for (const { task_id } of tasks)
      assert.equal(textsOf(await call('GET', `/api/tasks/${task_id}/logs`)), ['Building 1/4', shown]);
  }),
);

test('are deleted with their task, and are none where nothing was posted or they are not kept', async () => {
  const { call, close } = await openApi();
  const id = await failedTask(call);
  assert.is((await call('DELETE', `/api/tasks/${id}`)).status, 204);
  assert.is((await call('GET', `/api/tasks/${id}/logs`)).status, 404);
  const place = { log_group: PLACE.log_group, log_stream: PLACE.log_stream };
  await call('POST', '/api/tasks', { task_id: 'again', details: place });
  const none = { task_id: 'again', lines: [], before: null, after: '0', source: 'none' };
  assert.equal((await call('GET', '/api/tasks/again/logs')).json, none);
  await call('POST', '/api/tasks', { task_id: 'quiet' });
  assert.equal((await call('GET', '/api/tasks/quiet/logs')).json, { ...none, task_id: 'quiet' });
  await close();
  const off = await openApi({ KEEP_LOG_LINES: 'false' });
  const other = await failedTask(off.call);
  assert.equal((await off.call('GET', `/api/tasks/${other}/logs`)).json, { ...none, task_id: other });
  await off.close();
});

test('of another project are not there for a key that is bound to one, whatever its own tasks say', async () => {
  const keys = { ours: 'ours-0123456789', other: 'other-012345678', all: 'all-01234567890' };
  const entry = (key: string, project: string) =>
    `${createHash('sha256').update(key).digest('hex')}:admin${project}`;
  const env = {
    MIYABI_BACKEND: 'memory',
    API_KEYS: [entry(keys.ours, ':ours'), entry(keys.other, ':other'), entry(keys.all, '')].join(),
    RATE_LIMIT: '0',
  };
  const { rateLimiter, close } = await openApi(env);
  await close();
  const api = await openApi(env, httpOptions(readConfig(env), rateLimiter));
  const as = (who: keyof typeof keys) => (method: string, target: string, body?: unknown) =>
    api.call(method, target, body, { authorization: `Bearer ${keys[who]}` });
  const send = {
    log_group: 'builds',
    log_stream: 'one',
    events: [event('Building 1/4'), event('a secret of ours')],
  };
  const [task] = (await as('ours')('POST', '/api/logs', send)).json.tasks;
  assert.equal(textsOf(await as('ours')('GET', `/api/tasks/${task.task_id}/logs`)), [
    'Building 1/4',
    'a secret of ours',
  ]);
  assert.is((await as('other')('GET', `/api/tasks/${task.task_id}/logs`)).status, 404);
  assert.is((await as('all')('GET', `/api/tasks/${task.task_id}/logs`)).status, 200);

  // A task that says it has the log of another project.
  const { log_group, log_stream } = task.details;
  const details = { log_group, log_stream };
  await as('other')('POST', '/api/tasks', { task_id: 'spy', details });
  assert.equal(textsOf(await as('other')('GET', '/api/tasks/spy/logs')), []);
  await as('other')('POST', '/api/tasks:batch', { tasks: [{ task_id: 'spies', details }] });
  assert.equal(textsOf(await as('other')('GET', '/api/tasks/spies/logs')), []);
  await as('other')('PATCH', '/api/tasks/spy', { details });
  assert.equal(textsOf(await as('other')('GET', '/api/tasks/spy/logs')), []);
  // Nor by another stream of a group that it may read one of.
  await as('all')('POST', '/api/logs', {
    ...send,
    log_group: 'shared',
    log_stream: 'theirs',
    project_id: 'ours',
  });
  const shared = await as('all')('POST', '/api/logs', {
    ...send,
    log_group: 'shared',
    log_stream: 'mine',
    project_id: 'other',
  });
  const mine = shared.json.tasks[0].task_id;
  assert.is(textsOf(await as('other')('GET', `/api/tasks/${mine}/logs`)).length, 2);
  await as('other')('PATCH', `/api/tasks/${mine}`, { details: { log_stream: 'theirs' } });
  assert.equal(textsOf(await as('other')('GET', `/api/tasks/${mine}/logs`)), []);
  // Its own log, by the name that it knows.
  await as('other')('POST', '/api/logs', {
    ...send,
    events: [{ timestamp: Date.now(), message: 'of other' }],
  });
  await as('other')('POST', '/api/tasks', {
    task_id: 'own',
    details: { log_group: 'builds', log_stream: 'one' },
  });
  assert.equal(textsOf(await as('other')('GET', '/api/tasks/own/logs')), ['of other']);
  await api.close();
});

test('come after progress where a store of lines is away: the post counts, and it is logged once', async () => {
  const logger = memoryLogger();
  const away = async () => {
    throw unavailable('the store of lines', new Error('away'));
  };
  const lineStore = { find: away, chunks: away, write: away, remove: away };
  const { call, close } = await openApi({}, {}, { logger, lineStore });
  for (const current of [1, 2]) {
    const { status, json } = await post(call, [`Building ${current}/4`]);
    assert.is(status, 200);
    assert.is(json.tasks[0].progress.current, current);
  }
  assert.is(logger.entries.filter(({ message }) => message.startsWith('Log lines cannot be kept')).length, 1);
  const { tasks } = (await call('GET', '/api/tasks')).json;
  assert.is((await call('GET', `/api/tasks/${tasks[0].task_id}/logs`)).status, 503);
  await close();
});

test.run();
