import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Observation } from '../../../../src/domain/logs/format.ts';
import {
  type AgentSignal,
  type AgentState,
  agentJson,
} from '../../../../src/domain/logs/formats/agent-json.ts';
import { MAX_JSON_DEPTH } from '../../../../src/domain/logs/formats/kit/json-line.ts';
import { repeats, suite } from '../../../support/suite.ts';

const test = suite('agent-json');

const read = (value: unknown): AgentSignal | undefined =>
  agentJson.read(typeof value === 'string' ? value : JSON.stringify(value));

/** Plays lines a second apart and returns the final observation of one run. */
const play = (lines: readonly unknown[], key = 't1'): Observation | undefined => {
  let state = agentJson.initial;
  let at = 1000;
  for (const line of lines) {
    const signal = read(line);
    if (signal !== undefined) state = agentJson.evolve(state, signal, at).state;
    at += 1000;
  }
  return agentJson.observe(state, key);
};

/** The state after one more line at a time in epoch milliseconds. */
const after = (state: AgentState, line: object, at: number): AgentState => {
  const signal = read(line);
  assert.ok(signal);
  return agentJson.evolve(state, signal, at).state;
};

test('reads every member of the agent line', () => {
  const line = {
    timestamp: '2026-01-02T03:04:05.678Z',
    level: 'info',
    task_id: 'task-42',
    task_name: 'Write the docs',
    project_id: 'docs',
    message: 'halfway',
    phase: 'writing',
    step: 'chapter 2',
    progress: { current: 5, total: 10, percentage: 50 },
    status: 'in_progress',
  };
  const signal = read(line);
  assert.equal(signal, {
    task: 'task-42',
    project: 'docs',
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    name: 'Write the docs',
    current: 5,
    total: 10,
    status: 'running',
    phase: 'writing',
    step: 'chapter 2',
    message: 'halfway',
  });
  assert.is(signal && agentJson.taskOf?.(signal), 'task-42');
  assert.is(signal && agentJson.projectOf?.(signal), 'docs');
  assert.is(signal && agentJson.timeOf?.(signal), Date.UTC(2026, 0, 2, 3, 4, 5, 678));
});

const COUNTERS: readonly (readonly [string, object, number | undefined, number | undefined])[] = [
  ['a number', { progress: 50 }, 50, 100],
  ['a part of 1', { progress: 0.29 }, 29, 100],
  ['a text of percent', { progress: '45%' }, 45, 100],
  ['a text N/M', { progress: '3/10' }, 3, 10],
  ['a percentage alone', { progress: { percentage: 12.9 } }, 12, 100],
  ['a count without total', { progress: { current: 7 } }, 7, undefined],
  ['texts of digits', { progress: { current: '3', total: '10' } }, 3, 10],
  ['fractions of counts', { progress: { current: 3.9, total: 10.2 } }, 3, 10],
  ['top level counts', { current: 3, total: 10 }, 3, 10],
  ['percent', { percent: 33 }, 33, 100],
  ['percentage', { percentage: 33 }, 33, 100],
  ['pct', { pct: '33' }, 33, 100],
  ['steps', { step: 2, total_steps: 8 }, 2, 8],
  ['a total of 0', { progress: { current: 0, total: 0, percentage: 0 } }, 0, 0],
  ['a total of 0 with a percentage', { progress: { current: 0, total: 0, percentage: 40 } }, 40, 100],
];
for (const [title, members, current, total] of COUNTERS) {
  test(`counts from ${title}`, () => {
    const signal = read({ taskId: 't1', ...members });
    assert.is(signal?.current, current);
    assert.is(signal?.total, total);
  });
}

for (const [title, members] of [
  ['negative', { progress: { current: -1, total: -5 } }],
  ['negative percent', { progress: -3 }],
  ['over 100 percent', { percent: 150 }],
  ['larger than 10^12', { progress: { current: 2e12, total: 3e12 } }],
  ['infinite', '{"task_id":"t1","progress":{"current":1e999,"total":1e999}}'],
  ['no number', { progress: { current: 'NaN', total: 'ten' } }],
  ['a list', { progress: [1, 2] }],
] as const) {
  test(`ignores a counter that is ${title}`, () => {
    const signal = read(typeof members === 'string' ? members : { task_id: 't1', ...members });
    assert.is(signal?.task, 't1');
    assert.is(signal?.current, undefined);
    assert.is(signal?.total, undefined);
  });
}

for (const [word, status] of [
  ['in_progress', 'running'],
  ['In Progress', 'running'],
  ['started', 'running'],
  ['done', 'completed'],
  ['SUCCESS', 'completed'],
  ['succeeded', 'completed'],
  ['error', 'failed'],
  ['timed-out', 'failed'],
  ['canceled', 'cancelled'],
  ['cancelled', 'cancelled'],
  ['queued', 'pending'],
  ['waiting', 'blocked'],
  ['constructor', undefined],
  ['purple', undefined],
] as const) {
  test(`takes the status word ${word} for ${status ?? 'none'}`, () => {
    assert.is(read({ task_id: 't1', status: word })?.status, status);
  });
}

for (const [title, members, expected] of [
  ['ISO with zone', { timestamp: '2026-01-02T05:04:05+02:00' }, Date.UTC(2026, 0, 2, 3, 4, 5)],
  [
    'ISO with nanoseconds',
    { '@timestamp': '2026-01-02T03:04:05.123456789Z' },
    Date.UTC(2026, 0, 2, 3, 4, 5, 123),
  ],
  ['a blank and a short zone', { time: '2026-01-02 03:04:05,5 +0000' }, Date.UTC(2026, 0, 2, 3, 4, 5, 500)],
  ['epoch milliseconds', { ts: 1_767_323_045_000 }, 1_767_323_045_000],
  ['epoch seconds', { ts: 1_767_323_045.25 }, 1_767_323_045_250],
  ['epoch as text', { time: '1767323045' }, 1_767_323_045_000],
  ['no zone', { timestamp: '2026-01-02T03:04:05' }, undefined],
  ['a duration', { time: 12.5 }, undefined],
  ['a year beyond 9999', { ts: 999_999_999_999_999 }, undefined],
  ['a year before 1970', { timestamp: '1969-12-31T23:59:59Z' }, undefined],
  ['no date', { timestamp: '2026-13-45T99:99:99Z' }, undefined],
] as const) {
  test(`reads a time: ${title}`, () => assert.is(read({ task_id: 't1', ...members })?.time, expected));
}

test('opens the envelopes of log shippers', () => {
  const inner = { task_id: 't1', progress: { current: 1, total: 4 } };
  const expected = { current: 1, total: 4, task: 't1' };
  for (const line of [
    { log: `${JSON.stringify(inner)}\n`, stream: 'stdout' },
    { message: JSON.stringify(inner) },
    { message: inner },
    { level: 'info', fields: inner },
    { log: JSON.stringify({ message: JSON.stringify(inner) }), stream: 'stderr' },
  ]) {
    const { task, current, total } = read(line) ?? {};
    assert.equal({ task, current, total }, expected);
  }
});

test('fills from the envelope what the inner object leaves open', () => {
  const signal = read({ task_id: 't1', time: '2026-01-02T03:04:05Z', message: { progress: 5 } });
  assert.is(signal?.task, 't1');
  assert.is(signal?.current, 5);
  assert.is(signal?.time, Date.UTC(2026, 0, 2, 3, 4, 5));
});

test('reads an object after a prefix only where it is a report', () => {
  assert.is(read('worker-1 INFO {"task_id":"t1","status":"done"}')?.status, 'completed');
  assert.is(read('INFO {"current":1,"total":2}')?.total, 2);
  assert.is(read('Request body: {"status":"done"}'), undefined);
  assert.is(read('{"task_id":"t1","status":"done"} was sent'), undefined);
});

for (const [title, line] of [
  ['prose', 'nothing here'],
  ['an empty line', ''],
  ['a list', '[{"task_id":"t1"}]'],
  ['broken JSON', '{"task_id":"t1","progress":50'],
  ['an object without any of it', '{"level":"error","message":"boom"}'],
  ['an HTTP access line', '{"method":"GET","path":"/health","status":"success","percent":3}'],
  ['a numeric status', '{"status":200}'],
  ['a page of a list', '{"page":1,"current":1,"total":10}'],
  ['a measurement', '{"metric":"cpu","percent":45}'],
  ['a measurement in words', '{"message":"disk usage","percent":45}'],
] as const) {
  test(`${title} is no signal`, () => assert.is(read(line), undefined));
}

test('a line with nothing but its task is a sign of life', () => {
  const seen = play([{ task_id: 't1', message: 'hello' }]);
  assert.is(seen?.status, 'running');
  assert.is(seen?.current, null);
  assert.is(seen?.message, 'hello');
});

for (const id of ['__proto__', '../x', 'a b', '', 'x'.repeat(129), 'a#1', '<b>', 'ü']) {
  test(`treats a line as one without id where the id is ${JSON.stringify(id.slice(0, 12))}`, () => {
    const signal = read(`{"task_id":${JSON.stringify(id)},"progress":5}`);
    assert.is(signal?.task, undefined);
    assert.is(signal?.current, 5);
  });
}

test('is not led astray by ids and keys that objects have of their own', () => {
  assert.is(play([{ task_id: 'constructor', progress: 5 }], 'constructor')?.current, 5);
  assert.is(play([{ task_id: 'constructor', progress: 5 }], 'toString'), undefined);
  assert.is(read('{"__proto__":{"task_id":"t1","progress":5}}'), undefined);
  assert.is(({} as Record<string, unknown>)['task_id'], undefined);
});

test(`refuses JSON deeper than ${MAX_JSON_DEPTH} before parsing it`, () => {
  const deep = (levels: number) => `{"task_id":"t1","x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  assert.is(read(deep(MAX_JSON_DEPTH))?.task, 't1');
  assert.is(read(deep(MAX_JSON_DEPTH + 1)), undefined);
  assert.is(read(deep(30_000)), undefined);
  assert.is(read(`{"task_id":"t1","x":"${'['.repeat(100)}"}`)?.task, 't1');
});

test('a counter that reaches its total without a status completes the task', () => {
  const seen = play([
    { task_id: 't1', progress: 50 },
    { task_id: 't1', progress: 100 },
  ]);
  assert.is(seen?.status, 'completed');
  assert.is(seen?.ended_at, 2000);
  assert.is(seen?.started_at, 1000);
});

test('a counter that reaches its total while the line says running does not', () => {
  const seen = play([{ task_id: 't1', current: 4, total: 4, status: 'running' }]);
  assert.is(seen?.status, 'running');
  assert.is(seen?.ended_at, undefined);
});

test('a total of 0 completes nothing', () => {
  assert.is(play([{ task_id: 't1', current: 0, total: 0 }])?.status, 'running');
});

test('a task that counts in parts of 1 ends with 1', () => {
  const seen = play([0.25, 0.5, 1].map((progress) => ({ task_id: 't1', progress })));
  assert.is(seen?.current, 100);
  assert.is(seen?.status, 'completed');
});

test('counters are taken as stated: they may fall, and totals may grow', () => {
  const seen = play([
    { task_id: 't1', current: 5, total: 8 },
    { task_id: 't1', current: 4, total: 12 },
  ]);
  assert.is(seen?.current, 4);
  assert.is(seen?.total, 12);
});

test('a waiting task runs again with its next count', () => {
  assert.is(
    play([
      { task_id: 't1', status: 'queued' },
      { task_id: 't1', progress: 1 },
    ])?.status,
    'running',
  );
  assert.is(
    play([
      { task_id: 't1', progress: 1, status: 'blocked' },
      { task_id: 't1', message: 'still waiting' },
    ])?.status,
    'blocked',
  );
});

for (const status of ['completed', 'failed', 'cancelled'] as const) {
  test(`${status} is final, counter and words included, for all but a line that says it runs again`, () => {
    const lines = [{ task_id: 't1', progress: { current: 3, total: 9 }, status, message: 'end' }];
    const later = { task_id: 't1', progress: { current: 4, total: 9 }, message: 'late' };
    for (const fields of [{}, { status: 'queued' }, { status: 'blocked' }, { status: 'failed' }]) {
      assert.equal(play([...lines, { ...later, ...fields }]), play(lines));
    }
    const full = { task_id: 't1', progress: { current: 9, total: 9 }, status: 'running' };
    assert.equal(play([...lines, full]), play(lines));
  });

  for (const word of ['running', 'started']) {
    test(`${word} after ${status} begins another attempt, with nothing of the one before but its name`, () => {
      const ended = [
        { task_id: 't1', task_name: 'Sync', progress: { current: 3, total: 9 }, phase: 'copy' },
        { task_id: 't1', status, error: 'boom' },
      ];
      const seen = play([...ended, { task_id: 't1', status: word }]);
      assert.equal(
        [seen?.status, seen?.retries, seen?.started_at, seen?.ended_at],
        ['running', 1, 3000, undefined],
      );
      assert.equal([seen?.task_name, seen?.current, seen?.total, seen?.details], ['Sync', null, null, {}]);
      const again = [...ended, { task_id: 't1', status: word }, { task_id: 't1', status: 'done' }];
      assert.equal([play(again)?.status, play(again)?.retries], ['completed', 1]);
      assert.is(play([...again, { task_id: 't1', status: word }])?.retries, 2);
    });
  }
}

test('a line that is late, or of a task that only a status is known of, begins no attempt', () => {
  const ended = after(agentJson.initial, { task_id: 't1', status: 'failed' }, 5000);
  for (const state of [ended, agentJson.prune(ended)]) {
    for (const at of [4999, 5000])
      assert.equal(after(state, { task_id: 't1', status: 'running' }, at), state);
    assert.equal(after(state, { task_id: 't1', status: 'started' }, 4999), state);
    const retried = after(state, { task_id: 't1', status: 'started' }, 5000);
    assert.is(agentJson.observe(retried, 't1')?.retries, 1);
  }
  const unnamed = after(agentJson.initial, { progress: 40, status: 'failed' }, 1000);
  assert.equal(after(unnamed, { message: 'payment', status: 'started' }, 2000), unnamed);
});

test('a report after a full counter corrects the end that was concluded from that', () => {
  const full = { task_id: 't1', current: 4, total: 4 };
  assert.is(play([full, { task_id: 't1', status: 'failed' }])?.status, 'failed');
  const going = play([full, { task_id: 't1', status: 'running', phase: 'upload' }]);
  assert.equal([going?.status, going?.retries, going?.current], ['running', undefined, 4]);
  assert.is(
    play([full, { task_id: 't1', status: 'done' }, { task_id: 't1', status: 'failed' }])?.status,
    'completed',
  );
  assert.equal(
    ((seen) => [seen?.status, seen?.retries])(play([full, { ...full, current: 1, status: 'running' }])),
    ['running', 1],
  );
});

test('a failure shows the error that the line states, else the last one before it', () => {
  assert.is(
    play([
      { task_id: 't1', level: 'error', message: 'disk full' },
      { task_id: 't1', status: 'failed', level: 'error', message: 'giving up' },
    ])?.details.error_message,
    'disk full',
  );
  assert.is(
    play([{ task_id: 't1', status: 'failed', error: { message: 'boom' }, msg: 'x' }])?.details.error_message,
    'boom',
  );
  assert.is(play([{ task_id: 't1', status: 'failed', msg: 'because' }])?.details.error_message, 'because');
});

test('a failure without a word of its own has no error, whatever was said before', () => {
  const seen = play([
    { task_id: 't1', status: 'running', message: 'importing' },
    { task_id: 't1', status: 'failed' },
  ]);
  assert.is(seen?.details.error_message, undefined);
  assert.is(seen?.message, 'importing');
});

test('an error line alone is no failure and leaves no error on success', () => {
  const seen = play([
    { task_id: 't1', level: 'error', message: 'retrying' },
    { task_id: 't1', status: 'done' },
  ]);
  assert.is(seen?.status, 'completed');
  assert.is(seen?.details.error_message, undefined);
});

test('jobs and runs of one stream are told apart by their own ids: a job, a record, a run', () => {
  const ids = (line: object) => {
    const { task, job } = read({ status: 'running', ...line }) ?? {};
    return [task, job];
  };
  assert.equal(
    [
      { job_id: '123', job_name: 'train' },
      { jobId: 7, id: 'record-9' },
      { id: 5, run_id: 1 },
      { executionArn: 'arn:aws:states:eu-west-1:1:execution:orders:e1' },
      { build_id: 'b1', task_id: 't1' },
    ].map(ids),
    [
      [undefined, '123'],
      [undefined, '7'],
      ['5', undefined],
      [undefined, 'arn:aws:states:eu-west-1:1:execution:orders:e1'],
      ['t1', undefined],
    ],
  );
  assert.is(read({ job_id: '123', message: 'a line without progress' }), undefined);
  const lines = [
    { job_id: 1, job_name: 'train', status: 'running' },
    { job_id: 2, status: 'failed' },
  ];
  assert.equal([play(lines, 'job#1')?.status, play(lines, 'job#2')?.task_name], ['running', '2']);
});

test('a job is called by its name, and its state may have the name of the job too', () => {
  const { name, status } = read({ job_id: 1, job_state: 'NODE_FAIL', jobName: 'train' }) ?? {};
  assert.equal([name, status], ['train', 'failed']);
});

test('lines without a task id are one run without a name', () => {
  const seen = play([{ progress: 10 }, { progress: 20, phase: 'build' }], 'agent#1');
  assert.is(seen?.task_name, '');
  assert.is(seen?.task_type, 'agent_execution');
  assert.is(seen?.current, 20);
  assert.equal(seen?.details, { phase: 'build' });
});

test('cuts long texts without splitting a character', () => {
  const seen = play([{ task_id: 't1', message: `${'a'.repeat(498)}😀😀`, phase: 'p'.repeat(10_000) }]);
  assert.is(seen?.message, `${'a'.repeat(498)}…`);
  assert.is(seen?.details.phase?.length, 120);
});

test('keeps tasks of one stream apart, and forgets finished ones without reviving them', () => {
  let state = agentJson.initial;
  const say = (value: object, at: number) => {
    const signal = read(value);
    assert.ok(signal);
    const evolved = agentJson.evolve(state, signal, at);
    state = evolved.state;
    return evolved.touched;
  };
  assert.equal(say({ task_id: 'a', progress: 1 }, 1), ['a']);
  assert.equal(say({ task_id: 'b', status: 'done' }, 2), ['b']);
  state = agentJson.prune(state);
  assert.is(agentJson.observe(state, 'b'), undefined);
  assert.is(agentJson.observe(state, 'a')?.current, 1);
  assert.equal(say({ task_id: 'b', progress: 10 }, 3), []);
  assert.is(agentJson.observe(state, 'b'), undefined);
  assert.equal(say({ task_id: 'b', status: 'running' }, 3), ['b']);
  assert.is(agentJson.observe(state, 'b')?.retries, 1);
});

test('keeps the run that was named last when it prunes, even after its end', () => {
  const first = after(agentJson.initial, { job: 'import', status: 'done' }, 1);
  const both = after(first, { job: 'export', status: 'failed' }, 2);
  const pruned = agentJson.prune(both);
  assert.equal(Object.keys(pruned.runs), ['export#1']);
  const again = after(pruned, { status: 'running', current: 1, total: 4 }, 3);
  const seen = agentJson.observe(again, 'export#1');
  assert.equal([seen?.task_name, seen?.retries, seen?.current], ['export', 1, 1]);
});

test.slow('bounds how many tasks a stream may hold', () => {
  let state = agentJson.initial;
  for (let index = 0; index < 1200; index += 1) {
    state = agentJson.evolve(state, { task: `t${index}`, current: 1, total: 2 }, index).state;
  }
  assert.ok(Object.keys(state.runs).length <= 500);
  assert.ok(state.ended.length <= 500);
  assert.is(agentJson.observe(state, 't1199')?.current, 1);
});

test('never changes a state that it was given', () => {
  const signal = read({ task_id: 't1', progress: 5 });
  assert.ok(signal);
  const { state } = agentJson.evolve(agentJson.initial, signal, 1);
  const before = JSON.stringify(state);
  agentJson.evolve(state, { task: 't1', status: 'failed' }, 2);
  agentJson.prune(state);
  assert.is(JSON.stringify(state), before);
  assert.equal(agentJson.initial, { runs: {}, ended: [] });
});

test('words of job queues, workflows and CI mean a status, with any case, separators and prefix', () => {
  const words: readonly (readonly [string, string | undefined])[] = [
    ['REVOKED', 'cancelled'],
    ['upstream_failed', 'failed'],
    ['TimedOut', 'failed'],
    ['timed-out', 'failed'],
    ['SYSTEM_FAILURE', 'failed'],
    ['FAULT', 'failed'],
    ['not_run', 'cancelled'],
    ['Omitted', 'cancelled'],
    ['OUT_OF_MEMORY', 'failed'],
    ['OOMKilled', 'failed'],
    ['rejected', 'failed'],
    ['completed_with_errors', 'failed'],
    ['input-required', 'blocked'],
    ['requires_action', 'blocked'],
    ['awaiting_user_input', 'blocked'],
    ['up_for_retry', 'running'],
    ['WORKFLOW_EXECUTION_STATUS_TIMED_OUT', 'failed'],
    ['TASK_STATE_INPUT_REQUIRED', 'blocked'],
    ['JOB_STATE_SUCCEEDED', 'completed'],
    ['canceling', 'running'],
    ['TaskState.COMPLETED', 'completed'],
    ['CANCELLED by 1001', 'cancelled'],
    ['OUT_OF_ME+', 'failed'],
    ['Init:0/2', 'pending'],
    ['Init:CrashLoopBackOff', 'failed'],
    ['ExitCode:137', 'failed'],
    ['reticulating', undefined],
    ['unknown', undefined],
  ];
  for (const [word, status] of words) assert.is(read({ task_id: 't1', status: word })?.status, status, word);
});

test('an unknown word is a phase and never an end', () => {
  const run = play([{ task_id: 't1', status: 'reticulating' }]);
  assert.equal([run?.status, run?.details.phase], ['running', 'reticulating']);
  const after = play([
    { task_id: 't1', status: 'running', progress: 50 },
    { task_id: 't1', status: 'polishing' },
  ]);
  assert.equal([after?.status, after?.details.phase], ['running', 'polishing']);
});

test('a conclusion, or an exit code, says how what is completed has ended', () => {
  const job = (conclusion: string) => read({ id: 7, name: 'build', status: 'completed', conclusion })?.status;
  assert.equal(['success', 'failure', 'cancelled', 'skipped', 'timed_out', 'neutral'].map(job), [
    'completed',
    'failed',
    'cancelled',
    'cancelled',
    'failed',
    'completed',
  ]);
  assert.is(read({ task_id: 't1', status: 'completed', exit_code: 3 })?.status, 'failed');
  assert.is(read({ task_id: 't1', status: 'completed', exitCode: 0 })?.status, 'completed');
  assert.is(read({ task_id: 't1', state: 'COMPLETED', exit_code: '0:15' })?.status, 'failed');
  assert.is(read({ task_id: 't1', status: 'exited', exit_code: 1 })?.status, 'failed');
  assert.is(read({ task_id: 't1', status: 'exited', exit_code: '0' })?.status, 'completed');
  assert.is(read({ task_id: 't1', status: 'running', exit_code: 1 })?.status, 'running');
  assert.is(read({ task_id: 't1', status: 'exited' })?.status, undefined);
});

test('a status beside other words makes no task, but ends one that is there', () => {
  const PAYMENT = { level: 'info', message: 'refund', status: 'succeeded', amount: 12 };
  const unnamed = 'agent#1';
  assert.is(play([PAYMENT], unnamed), undefined);
  assert.is(play([{ status: 'die', id: 't1', Type: 'container', Action: 'die' }]), undefined);
  assert.is(play([{ status: 'ok', uptime: 12 }], unnamed), undefined);
  assert.is(
    play([{ phase: 'import', current: 1, total: 3 }, { status: 'done' }], unnamed)?.status,
    'completed',
  );
  for (const work of [{ workflow: 'ci' }, { agent: 'writer' }])
    assert.is(play([{ ...work, status: 'failed' }], unnamed)?.status, 'failed');
  for (const work of [{ job: 'nightly' }, { task: 'nightly' }])
    assert.is(play([{ ...work, status: 'failed' }], 'nightly#1')?.status, 'failed');
});

test('any JSON object gives no exception and only whole counts in bounds', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.double(),
    fc.integer(),
    fc.constantFrom('1/2', '5%', 'done'),
  );
  const object = fc.dictionary(
    fc.constantFrom(
      'task_id',
      'id',
      'progress',
      'current',
      'total',
      'percent',
      'status',
      'time',
      'error',
      '__proto__',
    ),
    value,
  );
  fc.assert(
    fc.property(object, (members) => {
      const signal = read(members);
      for (const count of [signal?.current, signal?.total]) {
        assert.ok(count === undefined || (Number.isInteger(count) && count >= 0 && count <= 1e12));
      }
      assert.equal(signal, signal === undefined ? undefined : JSON.parse(JSON.stringify(signal)));
    }),
    { numRuns: repeats({ few: 300, all: 2_000 }) },
  );
});

test.run();
