import * as assert from 'uvu/assert';
import { type Answer, withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('HTTP API: the wire of the first design');

const problem = (answer: Answer, status: number, code: string): void => {
  assert.is(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
  assert.is(answer.json.code, code);
  assert.is(answer.json.status, status);
  assert.type(answer.json.error, 'string');
  assert.not.match(answer.text, /\.ts|node_modules|at .*:\d+:\d+/);
};

/** The fields that an answer complains about. */
const fields = (answer: Answer): readonly string[] =>
  (answer.json.fields ?? []).map(({ path }: { path: string }) => path);

test(
  'says that it is healthy',
  withApi(async ({ call }) => {
    const answer = await call('GET', '/health');
    assert.is(answer.status, 200);
    assert.equal(answer.json, { status: 'healthy' });
  }),
);

test(
  'creates a task: 201 with its id, status created, and the name Untitled where none is given',
  withApi(async ({ call }) => {
    const answer = await call('POST', '/api/tasks', {});
    assert.is(answer.status, 201);
    assert.is(answer.json.status, 'created');
    assert.type(answer.json.task_id, 'string');
    assert.is(answer.json.task.task_name, 'Untitled');
    assert.is(answer.headers['location'], `/api/tasks/${answer.json.task_id}`);
    const read = await call('GET', `/api/tasks/${answer.json.task_id}`);
    assert.equal(read.json, answer.json.task);
  }),
);

test(
  'lists tasks and projects as objects',
  withApi(async ({ call }) => {
    assert.equal((await call('GET', '/api/tasks')).json, { tasks: [], next_cursor: null });
    const { json } = await call('POST', '/api/tasks', { task_name: 'Deploy', project_id: 'web' });
    assert.equal((await call('GET', '/api/tasks')).json.tasks, [json.task]);
    const { projects } = (await call('GET', '/api/projects')).json;
    assert.is(projects.length, 1);
    assert.is(projects[0].project_id, 'web');
  }),
);

test(
  'answers an unknown route and an unknown task with 404 in the words of the first design',
  withApi(async ({ call }) => {
    const beside = ['/api//x', '/api/tasks//history', '/api/tasks/x/histor', '/api/projects/x/webhooks/y/z'];
    const paths = ['/nothing', '/api', '/api/tasks/x/y/z', '/API/tasks', '//', '/api//tasks', ...beside];
    for (const path of paths) {
      const answer = await call('GET', path);
      problem(answer, 404, 'not_found');
      assert.is(answer.json.error, 'Not Found');
    }
    const unknown = await call('GET', '/api/tasks/nobody');
    problem(unknown, 404, 'task_not_found');
    assert.is(unknown.json.error, 'Task not found');
    problem(await call('GET', '/api/tasks/nobody/history'), 404, 'task_not_found');
    problem(await call('GET', '/api/tasks/nobody/history/'), 404, 'task_not_found');
    problem(await call('POST', '/api/tasks/nobody/progress', { current: 1 }), 404, 'task_not_found');
    problem(await call('GET', '/api/projects/nobody'), 404, 'project_not_found');
  }),
);

test(
  'refuses malformed JSON, and bodies that are no object',
  withApi(async ({ call }) => {
    for (const body of [
      '{',
      '{"a":}',
      'null',
      '[]',
      '"x"',
      '1',
      '',
      ' ',
      '{"task_name":"x"} extra',
      '\u0000',
    ]) {
      problem(await call('POST', '/api/tasks', body), 400, 'invalid_input');
    }
  }),
);

test(
  'names the field that is wrong, and why',
  withApi(async ({ call }) => {
    const cases: readonly (readonly [unknown, string, RegExp])[] = [
      [{ task_name: 7 }, 'task_name', /string/],
      [{ task_name: '' }, 'task_name', /empty/],
      [{ task_name: 'x'.repeat(513) }, 'task_name', /512/],
      [{ task_name: 'a\u0000b' }, 'task_name', /control/],
      [{ nonsense: 1 }, 'nonsense', /not a known field/],
      [{ status: 'done' }, 'status', /one of pending, running/],
      [{ priority: 'P9' }, 'priority', /P0, P1, P2, P3/],
      [{ task_id: 'a\u0000b' }, 'task_id', /128/],
      [{ task_id: '' }, 'task_id', /128/],
      [{ task_id: 'a/b' }, 'task_id', /128/],
      [{ project_id: '../x' }, 'project_id', /128/],
      [{ progress: { total: 0 } }, 'progress.total', /whole number from 1/],
      [{ progress: { total: -1 } }, 'progress.total', /whole number from 1/],
      [{ progress: { current: -1 } }, 'progress.current', /whole number from 0/],
      [{ progress: { current: 1e15 } }, 'progress.current', /whole number/],
      [{ progress: { current: 1.5 } }, 'progress.current', /whole number/],
      [{ progress: { current: '1' } }, 'progress.current', /number/],
      [{ progress: { speed: 1 } }, 'progress.speed', /not a known field/],
      [{ labels: { a: 1 } }, 'labels.a', /string/],
      [{ labels: [] }, 'labels', /object/],
      [{ details: { outcome: 'well' } }, 'details.outcome', /one of/],
      [{ github: { pr_url: 'javascript:alert(1)' } }, 'github.pr_url', /http/],
    ];
    for (const [body, path, reason] of cases) {
      const answer = await call('POST', '/api/tasks', body);
      problem(answer, 400, 'invalid_input');
      assert.equal(fields(answer), [path], answer.text);
      assert.match(answer.json.fields[0].reason, reason);
    }
    const missing = await call('POST', '/api/projects', {});
    problem(missing, 400, 'invalid_input');
    assert.equal(missing.json.fields, [{ path: 'project_name', reason: 'is missing' }]);
    const noEvents = await call('POST', '/api/logs', { log_group: 'g', log_stream: 's' });
    problem(noEvents, 400, 'invalid_input');
    assert.equal(fields(noEvents), ['events']);
  }),
);

test(
  'names every field that is wrong at once',
  withApi(async ({ call }) => {
    const answer = await call('POST', '/api/tasks', { task_name: 7, status: 'done', extra: true });
    assert.equal([...fields(answer)].sort(), ['extra', 'status', 'task_name']);
  }),
);

test(
  'refuses a body of 300 KiB, and JSON nested 100,000 deep',
  withApi(async ({ call }) => {
    problem(
      await call('POST', '/api/tasks', { description: 'x'.repeat(300 * 1024) }),
      413,
      'payload_too_large',
    );
    for (const deep of [
      '['.repeat(100_000),
      '{"a":'.repeat(40_000),
      `{"metadata":${'['.repeat(40)}${']'.repeat(40)}}`,
    ]) {
      const answer = await call('POST', '/api/tasks', deep);
      problem(answer, 400, 'invalid_input');
      assert.match(answer.json.error, /deeper than 32/);
    }
    const brackets = await call('POST', '/api/tasks', { task_name: '[{'.repeat(100) });
    assert.is(brackets.status, 201);
    // Where a string ends decides what is nesting.
    const quoted = await call('POST', '/api/tasks', { task_name: String.raw`\\" [{`.repeat(40) });
    assert.is(quoted.status, 201);
    const behind = `{"task_name":${JSON.stringify('\\\\')},"metadata":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`;
    assert.match((await call('POST', '/api/tasks', behind)).json.error, /deeper than 32/);
  }),
);

test(
  'refuses __proto__ wherever it stands, and pollutes nothing',
  withApi(async ({ call }) => {
    for (const body of [
      '{"__proto__":{"x":1}}',
      '{"metadata":{"a":{"__proto__":{"x":1}}}}',
      '{"labels":{"__proto__":"x"}}',
      String.raw`{"metadata":{"\u005f_proto__":{"x":1}}}`,
      String.raw`{"metadata":{"__pr\u006Fto__":{"x":1}}}`,
      String.raw`{"metadata":{"__pro\u0074o__":{"x":1}}}`,
    ]) {
      const answer = await call('POST', '/api/tasks', body);
      problem(answer, 400, 'invalid_input');
      assert.match(answer.json.error, /__proto__/);
    }
    assert.is(({} as { x?: number }).x, undefined);
    const odd = await call('POST', '/api/tasks', '{"metadata":{"constructor":{"prototype":1},"toString":2}}');
    assert.is(odd.status, 201);
    assert.is(JSON.stringify(odd.json.task.metadata), '{"constructor":{"prototype":1},"toString":2}');
  }),
);

test(
  'refuses times that do not exist',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't' });
    for (const timestamp of [
      '300000-01-01T00:00:00Z',
      '+300000-01-01T00:00:00Z',
      9.5e15,
      -1,
      'yesterday',
      '2026-13-01',
      '',
      null,
    ]) {
      const answer = await call('POST', '/api/tasks/t/progress', { current: 1, timestamp });
      problem(answer, 400, 'invalid_input');
      assert.equal(fields(answer), ['timestamp']);
      const logs = await call('POST', '/api/logs', {
        log_group: 'g',
        log_stream: 's',
        events: [{ timestamp, message: 'x' }],
      });
      problem(logs, 400, 'invalid_input');
      assert.equal(fields(logs), ['events.0.timestamp']);
    }
  }),
);

test(
  'refuses ids in paths that are none',
  withApi(async ({ call }) => {
    for (const id of ['a%00b', '%00', 'a%2Fb', '%E0%A4%A', 'x'.repeat(129), '-x', '%F0%9F%9A%80']) {
      const answer = await call('GET', `/api/tasks/${id}`);
      problem(answer, 400, 'invalid_input');
      assert.equal(fields(answer), ['task_id']);
    }
  }),
);

test(
  'skips a line of 1 MB and of broken UTF-8, and says so; refuses a million lines in one post',
  withApi(async ({ call, progress }) => {
    const events = [
      { timestamp: 1_767_225_600_000, message: '{"task_id":"a","current":1,"total":4}' },
      { timestamp: 1_767_225_600_001, message: 'x\ufffd\ud800 5/9' },
      { timestamp: 1_767_225_600_002, message: '{"task_id":"a","current":2,"total":4}' },
    ];
    const answer = await call('POST', '/api/logs', { log_group: 'g', log_stream: 's', events });
    assert.is(answer.status, 200);
    assert.is(answer.json.events, 3);
    assert.equal((await call('GET', '/api/tasks/a')).json.progress, { current: 2, total: 4, percentage: 50 });
    // Over HTTP such a body is too large, so the service is asked directly.
    const long = await progress.ingest({
      log_group: 'g',
      log_stream: 's',
      events: [{ id: 'long', timestamp: 1_767_225_600_003, message: `3/4 ${'x'.repeat(1_000_000)}` }],
    });
    assert.is(long.oversized, 1);
    const many = await call('POST', '/api/logs', {
      log_group: 'g',
      log_stream: 's',
      events: Array.from({ length: 10_001 }, () => ({ timestamp: 0, message: '' })).slice(0, 10_001),
    });
    assert.ok(many.status === 413 || many.status === 400, many.text);
  }),
);

test(
  'refuses queries that it does not know, twice the same, or beyond their bounds',
  withApi(async ({ call }) => {
    const cases = [
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['limit=x', 'limit'],
      ['limit=1e1', 'limit'],
      ['limit=-1', 'limit'],
      ['limit=1&limit=2', 'limit'],
      ['status=done', 'status'],
      ['nonsense=1', 'nonsense'],
      ['cursor=x', 'cursor'],
      ['cursor=', 'cursor'],
      ['project_id=a%00', 'project_id'],
      ['__proto__=1', '__proto__'],
      ['task_type=', 'task_type'],
    ] as const;
    for (const [query, path] of cases) {
      const answer = await call('GET', `/api/tasks?${query}`);
      problem(answer, 400, 'invalid_input');
      assert.ok(
        fields(answer).some((field) => field === path || field.startsWith(`${path}.`)),
        `${query}: ${answer.text}`,
      );
    }
  }),
);

test(
  'goes on after all of it',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', '['.repeat(100_000));
    assert.is((await call('POST', '/api/tasks', {})).status, 201);
  }),
);

test.run();
