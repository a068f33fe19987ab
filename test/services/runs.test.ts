import * as assert from 'uvu/assert';
import type { NewTask } from '../../src/domain/tasks/task.ts';
import { rejects, suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

const test = suite('Runs');

const MINUTE = 60_000;

/** A run that has started, and what its output says. */
const started = async (input: Partial<NewTask> = {}) => {
  const ports = memoryPorts();
  const services = await system(ports);
  const { tasks, progress } = services;
  await tasks.create({
    task_id: 'run',
    task_name: 'deploy',
    task_type: 'run',
    project_id: 'p',
    status: 'running',
    run: { command: 'cdk deploy --all' },
    heartbeat: { every_seconds: 30, grace_seconds: 60 },
    ...input,
  });
  let count = 0;
  const say = async (...lines: readonly string[]) => {
    for (const message of lines) {
      ports.clock.advance(100);
      count += 1;
      await progress.ingest({
        log_group: '/miyabi/run',
        log_stream: 'deploy-1',
        run_id: 'run',
        events: [{ id: `n${count}`, timestamp: ports.clock.now(), message }],
      });
    }
  };
  const read = async (id: string) => JSON.parse((await tasks.read(id)).json);
  const all = async () => (await ports.tasks.list({ limit: 100 })).items;
  const names = async () =>
    (await all())
      .filter(({ parent_id }) => parent_id === 'run')
      .map(({ task_name, status, progress: { percentage } }) => [task_name, status, percentage])
      .sort();
  return { ...services, ports, say, read, all, names };
};

test('the one thing that its output tells of is its own progress: no second task is made', async () => {
  const { say, read, all, tasks } = await started();
  await say('Step 1/5');
  const { status, progress, task_name } = await read('run');
  assert.equal([status, progress.current, progress.total, progress.percentage], ['running', 1, 5, 20]);
  assert.is(task_name, 'deploy');
  assert.is((await all()).length, 1);
  await tasks.report('run', { status: 'failed', exit_code: 3, error_message: 'it broke' });
  const ended = await read('run');
  assert.equal([ended.status, ended.progress.percentage], ['failed', 20]);
  assert.equal([ended.details.exit_code, ended.details.error_message], [3, 'it broke']);
});

test('a full counter does not end it: its exit does', async () => {
  const { say, read, tasks } = await started();
  await say('Step 5/5');
  assert.equal([(await read('run')).status, (await read('run')).progress.percentage], ['running', 99]);
  await tasks.report('run', { status: 'completed', exit_code: 0 });
  assert.equal([(await read('run')).status, (await read('run')).progress.percentage], ['completed', 100]);
});

const CDK = {
  a1: 'Alpha | 1/4 | 12:00:01 | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | Alpha User Initiated',
  a2: 'Alpha | 2/4 | 12:00:02 | CREATE_COMPLETE | AWS::SQS::Queue | Queue',
  a3: 'Alpha | 4/4 | 12:00:03 | CREATE_COMPLETE | AWS::CloudFormation::Stack | Alpha',
  b1: 'Beta | 1/4 | 12:00:04 | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | Beta User Initiated',
  b2: 'Beta | 2/4 | 12:00:05 | CREATE_COMPLETE | AWS::SQS::Queue | Queue',
  b3: 'Beta | 2/4 | 12:00:06 | CREATE_FAILED | AWS::S3::Bucket | Bucket (Bucket) the name is taken',
} as const;

test('several things are its sub-tasks, also the one that it stood for until then; percentages follow', async () => {
  const { say, read, names, tasks } = await started();
  await say(CDK.a1, CDK.a2);
  assert.is((await read('run')).progress.percentage, 50);
  assert.equal(await names(), []);
  await say(CDK.a3, CDK.b1, CDK.b2);
  const run = await read('run');
  assert.equal([run.progress_from, run.status], ['parts', 'running']);
  const between = await names();
  assert.equal(
    between.map(([name]) => name),
    ['Alpha', 'Beta'],
  );
  await say(CDK.b3);
  await tasks.report('run', { status: 'failed', exit_code: 1, error_message: 'last line of stderr' });
  const ended = await read('run');
  assert.is(ended.status, 'failed');
  assert.match(ended.details.error_message, /^Beta: .*the name is taken/);
  const [alpha, beta] = await names();
  assert.equal(alpha, ['Alpha', 'completed', 100]);
  assert.equal(beta, ['Beta', 'failed', 50]);
});

test('what still ran below it ends with it', async () => {
  const { say, names, tasks } = await started();
  await say(CDK.a1, CDK.b1);
  await tasks.report('run', { status: 'failed', signal: 'SIGKILL' });
  assert.equal(
    (await names()).map(([name, status]) => [name, status]),
    [
      ['Alpha', 'failed'],
      ['Beta', 'failed'],
    ],
  );
});

test('lines that come after its end change nothing that has ended, and open nothing', async () => {
  const { say, names, tasks, read } = await started();
  await say(CDK.a1);
  await tasks.report('run', { status: 'cancelled' });
  await say(CDK.a2, CDK.b1);
  assert.is((await read('run')).status, 'cancelled');
  assert.equal(await names(), []);
});

test('a line that names a task makes it a sub-task', async () => {
  const { say, read, names } = await started();
  await say(
    'Step 1/5',
    JSON.stringify({ task_id: 'other', task_name: 'Other', progress: { current: 1, total: 2 } }),
  );
  assert.is((await read('other')).parent_id, 'run');
  await say('Step 2/5');
  assert.is((await names()).length, 2);
});

test('output without a run, or of a task that is none, is grouped by stream as before', async () => {
  const { progress, tasks, all } = await started();
  await tasks.create({ task_id: 'plain', project_id: 'p', status: 'running' });
  for (const run_id of ['plain', 'missing']) {
    await progress.ingest({
      log_group: 'g',
      log_stream: run_id,
      run_id,
      events: [{ id: 'n1', timestamp: Date.now(), message: 'Step 1/5' }],
    });
  }
  assert.is((await all()).filter(({ task_type }) => task_type !== 'run').length, 3);
  assert.ok((await all()).every(({ parent_id }) => parent_id === undefined));
});

test('a key of another project cannot give it output', async () => {
  const { progress, read } = await started();
  await progress.ingest({
    log_group: 'q/g',
    log_stream: 's',
    run_id: 'run',
    project_id: 'q',
    only_project: 'q',
    events: [{ id: 'n1', timestamp: Date.now(), message: 'Step 1/5' }],
  });
  assert.is((await read('run')).progress.total, null);
});

test.slow(
  'whenever the server dies while it writes output, the same lines lead to the same tasks',
  async () => {
    const { mortal } = await import('../support/mortal.ts');
    const lines = [CDK.a1, CDK.a2, CDK.b1, CDK.b2, CDK.b3];
    const events = lines.map((message, index) => ({ id: `n${index}`, timestamp: 1_000 + index, message }));
    for (let death = 0; death < 120; death += 1) {
      const { ports, names } = await started();
      let call = -1;
      const dying = await system(
        mortal(ports, () => {
          call += 1;
          return call === death ? 'after' : undefined;
        }),
      );
      const post = (services: typeof dying, part: typeof events) =>
        services.progress.ingest({ log_group: '/miyabi/run', log_stream: 's', run_id: 'run', events: part });
      await Promise.resolve()
        .then(() => post(dying, events.slice(0, 2)))
        .then(() => post(dying, events.slice(2)))
        .catch(() => undefined);
      const healthy = await system(ports);
      await post(healthy, events.slice(0, 2));
      await post(healthy, events.slice(2));
      assert.equal(
        (await names()).map(([name, status]) => [name, status]),
        [
          ['Alpha', 'running'],
          ['Beta', 'running'],
        ],
        `death at call ${death}`,
      );
      // From the store: a cache that the crash left behind expires.
      assert.is((await ports.tasks.find('run'))?.progress_from, 'parts');
      if (call < death) return;
    }
    assert.unreachable('it never got through');
  },
);

test('without a heartbeat it goes stale, ten minutes later it is lost, and what ran below it failed', async () => {
  const { say, read, names, ports, sweepStale } = await started();
  await say(CDK.a1, CDK.b1);
  ports.clock.advance(89_000);
  assert.equal(await sweepStale(), []);
  ports.clock.advance(2_000);
  assert.ok((await sweepStale()).includes('run'));
  assert.is((await read('run')).stale, true);
  ports.clock.advance(10 * MINUTE - 1_000);
  await sweepStale();
  assert.is((await read('run')).status, 'running');
  ports.clock.advance(2_000);
  await sweepStale();
  const { status, details, duration_seconds } = await read('run');
  assert.equal([status, details.outcome, duration_seconds], ['failed', 'lost', 0]);
  assert.match(details.error_message, /^No sign of life since /);
  assert.equal(
    (await names()).map(([, state]) => state),
    ['failed', 'failed'],
  );
});

test('a server that was away itself loses no run at once: it waits for heartbeats first', async () => {
  const { ports, sweepStale, read, tasks } = await started();
  ports.clock.advance(60 * MINUTE);
  await sweepStale();
  await sweepStale();
  assert.equal([(await read('run')).status, (await read('run')).stale], ['running', true]);
  await tasks.beat('run');
  assert.is((await read('run')).stale, false);
});

for (const [what, hear, status] of [
  ['a heartbeat', (all) => all.tasks.beat('run'), 'running'],
  ['a line', (all) => all.say('Step 2/5'), 'running'],
  ['its end', (all) => all.tasks.report('run', { status: 'completed', exit_code: 0 }), 'completed'],
] as readonly [string, (all: Awaited<ReturnType<typeof started>>) => Promise<unknown>, string][]) {
  test(`${what} brings a lost run back`, async () => {
    const all = await started();
    await all.say('Step 1/5');
    for (let times = 0; times < 3; times += 1) {
      all.ports.clock.advance(11 * MINUTE);
      await all.sweepStale();
    }
    assert.is((await all.read('run')).details.outcome, 'lost');
    await hear(all);
    const run = await all.read('run');
    assert.equal(
      [run.status, run.details.outcome, run.details.error_message],
      [status, undefined, undefined],
    );
  });
}

test('a heartbeat of what has ended is refused', async () => {
  const { tasks } = await started();
  await tasks.report('run', { status: 'completed' });
  await rejects(tasks.beat('run'), 'invalid_transition');
});

test.run();
