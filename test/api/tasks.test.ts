import * as assert from 'uvu/assert';
import { type Api, type Call, withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('HTTP API: tasks and projects');

const code = (answer: Awaited<ReturnType<Call>>) => [answer.status, answer.json?.code];
const ids = (answer: Awaited<ReturnType<Call>>) =>
  answer.json.tasks.map(({ task_id }: { task_id: string }) => task_id).sort();
const patch = (call: Call, target: string, body: unknown, headers = {}) =>
  call('PATCH', target, body, { 'content-type': 'application/merge-patch+json', ...headers });

test(
  'filters lists by everything that it promises, alone and together',
  withApi(async ({ call }) => {
    const make = (task_id: string, rest: object) => call('POST', '/api/tasks', { task_id, ...rest });
    await make('a', {
      task_name: 'Deploy Api',
      status: 'running',
      labels: { env: 'prod', team: 'x:y' },
      project_id: 'p',
    });
    await make('b', {
      task_name: 'deploy web',
      status: 'blocked',
      labels: { env: 'prod' },
      task_type: 'build',
      project_id: 'p',
    });
    await make('c', { task_name: 'Test', status: 'failed', labels: { env: 'test', constructor: 'x' } });
    await make('d', { task_name: 'Part', parent_id: 'a', status: 'running' });
    const cases = [
      ['status=running', ['a', 'd']],
      ['status=running,failed', ['a', 'c', 'd']],
      ['status=running&status=blocked', ['a', 'b', 'd']],
      ['project_id=p', ['a', 'b', 'd']],
      ['task_type=build', ['b']],
      ['parent_id=a', ['d']],
      ['label=env:prod', ['a', 'b']],
      ['label=env:prod&label=team:x:y', ['a']],
      ['label=constructor:x', ['c']],
      ['q=DEPLOY', ['a', 'b']],
      ['q=deploy&status=blocked&label=env:prod&task_type=build&project_id=p', ['b']],
      ['updated_since=2020-01-01', ['a', 'b', 'c', 'd']],
      ['updated_since=2100-01-01T00:00:00Z', []],
      ['updated_since=4102444800000', []],
    ] as const;
    for (const [query, expected] of cases)
      assert.equal(ids(await call('GET', `/api/tasks?${query}`)), expected, query);
    for (const query of [
      'label=env',
      'label=:x',
      'label=a:1&label=a:2',
      'updated_since=never',
      'q=a%00b',
      'parent_id=-',
    ]) {
      assert.equal(code(await call('GET', `/api/tasks?${query}`)), [400, 'invalid_input'], query);
    }
  }),
);

test(
  'binds a cursor to its list, and refuses one of which a byte was changed',
  withApi(async ({ call }) => {
    for (let index = 0; index < 5; index += 1) await call('POST', '/api/tasks', { status: 'running' });
    const first = await call('GET', '/api/tasks?limit=2&status=running');
    const cursor: string = first.json.next_cursor;
    const second = await call('GET', `/api/tasks?limit=2&status=running&cursor=${cursor}`);
    const third = await call('GET', `/api/tasks?limit=3&status=running&cursor=${second.json.next_cursor}`);
    assert.is(new Set([...ids(first), ...ids(second), ...ids(third)]).size, 5);
    assert.is(third.json.next_cursor, null);
    assert.equal(code(await call('GET', `/api/tasks?limit=2&cursor=${cursor}`)), [400, 'invalid_input']);
    assert.equal(code(await call('GET', `/api/projects?cursor=${cursor}`)), [400, 'invalid_input']);
    for (let index = 0; index < cursor.length; index += 1) {
      for (const other of ['A', 'B']) {
        if (cursor[index] === other) continue;
        const changed = cursor.slice(0, index) + other + cursor.slice(index + 1);
        const answer = await call('GET', `/api/tasks?limit=2&status=running&cursor=${changed}`);
        assert.equal(code(answer), [400, 'invalid_input'], `byte ${index}`);
      }
    }
  }),
);

test(
  'patches by merge: what is left out stays, null removes',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', {
      task_id: 't',
      description: 'old',
      labels: { a: '1', b: '2' },
      metadata: { keep: 1, nested: { x: 1, y: [1, 2] }, drop: true },
      github: { issue_number: 1, pr_number: 2 },
    });
    const answer = await patch(call, '/api/tasks/t', {
      task_name: 'New',
      description: null,
      labels: { b: null, c: '3' },
      metadata: { nested: { x: null, z: {} }, drop: null },
      github: { issue_number: null },
      priority: 'P0',
    });
    assert.is(answer.status, 200, answer.text);
    const { task_name, description, labels, metadata, github, priority, version } = answer.json;
    assert.equal(
      { task_name, description, labels, metadata, github, priority, version },
      {
        task_name: 'New',
        description: undefined,
        labels: { a: '1', c: '3' },
        metadata: { keep: 1, nested: { y: [1, 2], z: {} } },
        github: { pr_number: 2 },
        priority: 'P0',
        version: 2,
      },
    );
    assert.equal((await call('GET', '/api/tasks/t')).json, answer.json);
    const same = await patch(call, '/api/tasks/t', { task_name: 'New' });
    assert.is(same.json.version, 2);
    const removed = await patch(call, '/api/tasks/t', { github: null, labels: null, metadata: null });
    assert.equal([removed.json.github, removed.json.labels, removed.json.metadata], [undefined, {}, {}]);
  }),
);

test(
  'refuses patches of what is not to be changed, and of other media types',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', {
      task_id: 't',
      labels: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`l${i}`, ''])),
    });
    for (const body of [
      { task_id: 'x' },
      { task_name: null },
      { status: null },
      { version: 9 },
      { created_at: 0 },
      { labels: { a: 1 } },
      { details: { nope: 1 } },
      { labels: { more: '' } },
      [],
      'null',
    ]) {
      assert.equal(
        code(await patch(call, '/api/tasks/t', body)),
        [400, 'invalid_input'],
        JSON.stringify(body),
      );
    }
    const wrong = await patch(call, '/api/tasks/t', {}, { 'content-type': 'application/json-patch+json' });
    assert.equal(code(wrong), [415, 'unsupported_media_type']);
    assert.match(wrong.headers['accept-patch'] ?? '', /merge-patch\+json/);
    for (const type of [
      'text/plain',
      'application/xml',
      'application/json; charset=latin1',
      'application/merge-patch+json',
    ]) {
      assert.equal(
        code(await call('POST', '/api/tasks', '{}', { 'content-type': type })),
        [415, 'unsupported_media_type'],
        type,
      );
    }
    assert.equal(code(await call('POST', '/api/tasks', '{}', { 'content-encoding': 'gzip' })), [
      415,
      'unsupported_media_type',
    ]);
    assert.is(
      (await call('POST', '/api/tasks', '{}', { 'content-type': 'application/json; charset=UTF-8' })).status,
      201,
    );
  }),
);

test(
  'leads a task through cancelling and reopening',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't', status: 'running', progress: { current: 3, total: 4 } });
    const cancelled = await call('POST', '/api/tasks/t/cancel', { message: 'not needed' });
    assert.equal([cancelled.status, cancelled.json.status], [200, 'cancelled']);
    assert.is((await call('POST', '/api/tasks/t/cancel')).json.version, cancelled.json.version);
    for (const request of [
      call('POST', '/api/tasks/t/progress', { current: 4 }),
      patch(call, '/api/tasks/t', { status: 'running' }),
      patch(call, '/api/tasks/t', { progress: { current: 1 } }),
    ]) {
      assert.equal(code(await request), [409, 'invalid_transition']);
    }
    assert.is((await patch(call, '/api/tasks/t', { priority: 'P1' })).status, 200);
    // A history keeps one point a millisecond.
    const before = Date.now();
    while (Date.now() === before) await new Promise((resolve) => setImmediate(resolve));
    const reopened = await call('POST', '/api/tasks/t/reopen', { status: 'running' });
    assert.equal(
      [reopened.json.status, reopened.json.attempt, reopened.json.progress, reopened.json.completed_at],
      ['running', 2, { current: 0, total: 4, percentage: 0 }, undefined],
    );
    assert.equal(code(await call('POST', '/api/tasks/t/reopen')), [409, 'invalid_transition']);
    const done = await call('POST', '/api/tasks/t/progress', { current: 4 });
    assert.is(done.json.status, 'completed');
    assert.equal(code(await call('POST', '/api/tasks/t/cancel')), [409, 'invalid_transition']);
    const { history } = (await call('GET', '/api/tasks/t/history')).json;
    assert.ok(history.some(({ message }: { message?: string }) => message === 'not needed'));
  }),
);

test(
  'reads a history between two times, in pages',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't' });
    const start = Date.parse('2026-01-01T00:00:00Z');
    for (let index = 1; index <= 9; index += 1) {
      await call('POST', '/api/tasks/t/progress', {
        current: index,
        total: 100,
        timestamp: start + index * 1000,
      });
    }
    const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
    const query = `from=${at(3)}&to=${start + 7000}`;
    const first = await call('GET', `/api/tasks/t/history?${query}&limit=3`);
    const second = await call(
      'GET',
      `/api/tasks/t/history?${query}&limit=3&cursor=${first.json.next_cursor}`,
    );
    const points = [...first.json.history, ...second.json.history];
    assert.equal(
      points.map(({ current }) => current),
      [3, 4, 5, 6, 7],
    );
    assert.is(second.json.next_cursor, null);
    assert.equal(
      code(await call('GET', `/api/tasks/t/history?from=${at(4)}&cursor=${first.json.next_cursor}`)),
      [400, 'invalid_input'],
    );
  }),
);

test(
  'creates and reports in batches, each item on its own',
  withApi(async ({ call }) => {
    const created = await call('POST', '/api/tasks:batch', {
      tasks: [{ task_id: 'a' }, { task_name: 7 }, { task_id: 'a' }, {}, 'x'],
    });
    assert.equal(
      created.json.results.map(({ status }: { status: number }) => status),
      [201, 400, 409, 201, 400],
    );
    assert.is(created.json.results[1].problem.fields[0].path, 'task_name');
    const family = await call('POST', '/api/tasks:batch', {
      tasks: [
        { task_id: 'mother' },
        { task_id: 'child', parent_id: 'mother' },
        { parent_id: 'child' },
        { task_id: 'x', parent_id: 'x' },
      ],
    });
    assert.equal(
      family.json.results.map(({ status }: { status: number }) => status),
      [201, 201, 201, 400],
    );
    const reported = await call('POST', '/api/tasks:progress', {
      reports: [
        { task_id: 'a', current: 1, total: 4 },
        { task_id: 'nobody', current: 1 },
        { task_id: 'a', current: 2 },
        { task_id: 'a' },
        { task_id: 'a', current: 3 },
      ],
    });
    assert.equal(
      reported.json.results.map(({ status }: { status: number }) => status),
      [200, 404, 200, 400, 200],
    );
    assert.is((await call('GET', '/api/tasks/a')).json.progress.current, 3);
    for (const body of [{ tasks: [] }, { tasks: Array(101).fill({}) }, { tasks: 1 }, {}]) {
      assert.equal(code(await call('POST', '/api/tasks:batch', body)), [400, 'invalid_input']);
    }
    const full = await call('POST', '/api/tasks:batch', { tasks: Array(100).fill({ project_id: 'full' }) });
    assert.ok(full.json.results.every(({ status }: { status: number }) => status === 201));
    assert.is((await call('GET', '/api/projects/full')).json.metrics.total_tasks, 100);
  }),
);

test(
  'makes tasks parts of tasks, not of themselves and not without end',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 'n1', project_id: 'p' });
    for (let depth = 2; depth <= 8; depth += 1) {
      const answer = await call('POST', '/api/tasks', { task_id: `n${depth}`, parent_id: `n${depth - 1}` });
      assert.equal([answer.status, answer.json.task?.project_id], [201, 'p'], answer.text);
    }
    for (const body of [
      { parent_id: 'n8' },
      { parent_id: 'nobody' },
      { task_id: 'x', parent_id: 'x' },
      { parent_id: 'n1', project_id: 'other' },
    ]) {
      const answer = await call('POST', '/api/tasks', body);
      assert.equal([...code(answer), answer.json.fields?.[0]?.path], [400, 'invalid_input', 'parent_id']);
    }
    // The parts of a deleted task still name it: created again, it must not become a part of them.
    await call('DELETE', '/api/tasks/n6');
    for (const parent_id of ['n7', 'n8']) {
      const answer = await call('POST', '/api/tasks', { task_id: 'n6', parent_id });
      assert.equal([...code(answer), answer.json.fields?.[0]?.path], [400, 'invalid_input', 'parent_id']);
    }
    assert.is((await call('POST', '/api/tasks', { task_id: 'n6', parent_id: 'n5' })).status, 201);
  }),
);

test(
  'lets a task that reports nothing itself follow its parts',
  withApi(async ({ call }) => {
    const whole = async (id = 'whole') => {
      const { status, progress, progress_from } = (await call('GET', `/api/tasks/${id}`)).json;
      return [status, progress.percentage, progress_from];
    };
    await call('POST', '/api/tasks', { task_id: 'top' });
    await call('POST', '/api/tasks', { task_id: 'whole', parent_id: 'top' });
    for (const id of ['a', 'b', 'c']) await call('POST', '/api/tasks', { task_id: id, parent_id: 'whole' });
    assert.equal(await whole(), ['pending', 0, 'parts']);
    await call('POST', '/api/tasks/a/progress', { current: 1, total: 2 });
    assert.equal(await whole(), ['running', 16, 'parts']);
    assert.equal(await whole('top'), ['running', 16, 'parts']);
    await call('POST', '/api/tasks:progress', {
      reports: [
        { task_id: 'a', current: 2 },
        { task_id: 'b', status: 'completed' },
      ],
    });
    assert.equal(await whole(), ['running', 66, 'parts']);
    await call('POST', '/api/tasks/c/cancel');
    assert.equal(await whole(), ['completed', 100, 'parts']);
    assert.equal(await whole('top'), ['completed', 100, 'parts']);
    await call('POST', '/api/tasks', { task_id: 'd', parent_id: 'whole', status: 'failed' });
    assert.equal(await whole(), ['failed', 66, 'parts']);
    await call('DELETE', '/api/tasks/d');
    assert.equal(await whole(), ['completed', 100, 'parts']);
    assert.is((await call('GET', '/api/projects/default')).json.metrics.completed_tasks, 4);
    await call('POST', '/api/tasks/whole/reopen', { status: 'running' });
    await call('POST', '/api/tasks/whole/progress', { current: 1, total: 10 });
    await call('POST', '/api/tasks/a/reopen');
    assert.equal(await whole(), ['running', 10, undefined]);
    await call('POST', '/api/tasks', { task_id: 'self', progress: { total: 4 } });
    await call('POST', '/api/tasks', { parent_id: 'self', status: 'completed' });
    assert.equal(await whole('self'), ['pending', 0, undefined]);
  }),
);

test(
  'answers by version: 304 for what the client has, 412 for what has changed since',
  withApi(async ({ call }) => {
    const created = await call('POST', '/api/tasks', { task_id: 't' });
    const etag = created.headers['etag'] ?? '';
    assert.is(etag, '"1"');
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const fresh = await call('GET', '/api/tasks/t', undefined, { 'if-none-match': header });
      assert.equal([fresh.status, fresh.text, fresh.headers['etag']], [304, '', etag]);
    }
    assert.is((await call('GET', '/api/tasks/t', undefined, { 'if-none-match': '"2"' })).status, 200);
    const changed = await patch(call, '/api/tasks/t', { priority: 'P0' }, { 'if-match': etag });
    assert.equal([changed.status, changed.headers['etag']], [200, '"2"']);
    for (const header of [etag, 'W/"2"', '"x"', 'nonsense']) {
      const headers = { 'if-match': header };
      assert.equal(code(await patch(call, '/api/tasks/t', { priority: 'P1' }, headers)), [
        412,
        'precondition_failed',
      ]);
      assert.equal(code(await call('POST', '/api/tasks/t/progress', { current: 1 }, headers)), [
        412,
        'precondition_failed',
      ]);
      assert.equal(code(await call('POST', '/api/tasks/t/cancel', undefined, headers)), [
        412,
        'precondition_failed',
      ]);
      assert.equal(code(await call('DELETE', '/api/tasks/t', undefined, headers)), [
        412,
        'precondition_failed',
      ]);
    }
    const races = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        patch(call, '/api/tasks/t', { task_name: `n${index}` }, { 'if-match': '"1", "2"' }),
      ),
    );
    assert.equal(races.filter(({ status }) => status === 200).length, 1);
    assert.ok(races.every(({ status }) => status === 200 || status === 412));
    assert.is((await call('DELETE', '/api/tasks/t', undefined, { 'if-match': '*' })).status, 204);
    assert.equal(code(await call('GET', '/api/tasks/t')), [404, 'task_not_found']);
    assert.equal(code(await call('DELETE', '/api/tasks/t')), [404, 'task_not_found']);
  }),
);

test(
  'keeps projects: patches them, counts their tasks, deletes those that are empty',
  withApi(async ({ call }) => {
    await call('POST', '/api/projects', { project_id: 'p', project_name: 'P', account_id: '123456789012' });
    assert.equal(code(await call('POST', '/api/projects', { project_id: 'p', project_name: 'Q' })), [
      409,
      'already_exists',
    ]);
    const patched = await patch(
      call,
      '/api/projects/p',
      { account_id: null, resources: { s3_bucket: 'b' } },
      { 'if-match': '"1"' },
    );
    assert.equal(
      [patched.status, patched.json.account_id, patched.json.resources],
      [200, undefined, { s3_bucket: 'b' }],
    );
    assert.equal(code(await patch(call, '/api/projects/p', { owner: 'me' }, { 'if-match': '"1"' })), [
      412,
      'precondition_failed',
    ]);
    await call('POST', '/api/tasks', { task_id: 't', project_id: 'p' });
    assert.equal(code(await call('DELETE', '/api/projects/p')), [409, 'project_not_empty']);
    await patch(call, '/api/tasks/t', { project_id: 'q' });
    assert.is((await call('GET', '/api/projects/p')).json.metrics.total_tasks, 0);
    assert.is((await call('GET', '/api/projects/q')).json.metrics.total_tasks, 1);
    assert.is((await call('DELETE', '/api/projects/p')).status, 204);
    assert.equal(code(await call('GET', '/api/projects/p')), [404, 'project_not_found']);
    const { json, headers } = await call('GET', '/api/projects/q');
    assert.is(json.project_name, 'q');
    assert.is(
      (await call('GET', '/api/projects/q', undefined, { 'if-none-match': headers['etag'] ?? '' })).status,
      304,
    );
  }),
);

test(
  'answers HEAD, OPTIONS, other methods and other media types as HTTP has it',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't' });
    const head = await call('HEAD', '/api/tasks/t');
    assert.equal([head.status, head.text, head.headers['etag']], [200, '', '"1"']);
    assert.equal((await call('HEAD', '/api/tasks/nobody')).status, 404);
    const options = await call('OPTIONS', '/api/tasks/t');
    assert.equal([options.status, options.headers['allow']], [204, 'GET, PATCH, DELETE, HEAD, OPTIONS']);
    for (const method of ['PUT', 'POST', 'constructor', 'TRACE']) {
      const answer = await call(method, '/api/tasks/t');
      assert.equal(
        [...code(answer), answer.headers['allow']],
        [405, 'method_not_allowed', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
      );
    }
    for (const accept of ['text/html', 'application/xml, text/*', 'application/json;q=0', '*/*;q=0']) {
      assert.equal(
        code(await call('GET', '/api/tasks', undefined, { accept })),
        [406, 'not_acceptable'],
        accept,
      );
    }
    for (const accept of ['application/json', 'application/*', '*/*', 'text/html, */*;q=0.1', '']) {
      assert.is((await call('GET', '/api/tasks', undefined, { accept })).status, 200, accept);
    }
    assert.match(options.headers['accept-patch'] ?? '', /merge-patch\+json/);
    assert.is((await call('OPTIONS', '/api/tasks')).headers['accept-patch'], undefined);
  }),
);

test(
  'events come as a page to clients that ask for JSON, and as a stream otherwise',
  withApi(async ({ app }) => {
    const typeFor = async (accept: string | undefined) => {
      const removed = new AbortController();
      const { headers, body } = await app({
        method: 'GET',
        path: '/api/events',
        search: '',
        headers: accept === undefined ? {} : { accept },
        signal: removed.signal,
      });
      removed.abort();
      if (typeof body !== 'string') for await (const _text of body);
      return headers['content-type']?.split(';')[0];
    };
    for (const accept of [
      'application/json',
      'Application/JSON',
      'application/json, text/plain, */*',
      'application/*',
      'application/json;q=0.9, text/event-stream;q=0.1',
      'text/event-stream;q=0, application/json',
      'text/event-stream;q=0, */*',
    ]) {
      assert.is(await typeFor(accept), 'application/json', accept);
    }
    for (const accept of [
      undefined,
      '*/*',
      'text/event-stream',
      'TEXT/Event-Stream',
      'text/*',
      'application/json, text/event-stream',
      'application/json;q=0.5, */*',
      'application/json;q=0, */*',
    ]) {
      assert.is(await typeFor(accept), 'text/event-stream', String(accept));
    }
  }),
);

test(
  'refuses a body that is no UTF-8, instead of keeping something else',
  withApi(async ({ app, call }) => {
    const send = async (bytes: Buffer, path = '/api/tasks') =>
      app({
        method: 'POST',
        path,
        search: '',
        headers: { 'content-type': 'application/json' },
        body: bytes.toString('utf8'),
        bytes,
      });
    const latin = await send(Buffer.from('{"task_name":"caf\u00e9"}', 'latin1'));
    assert.is(latin.status, 400);
    assert.match(String(latin.body), /UTF-8/);
    assert.is((await send(Buffer.from('{"task_name":"caf\u00e9"}'))).status, 201);
    assert.is((await send(Buffer.from('{"task_name":"\ufffd"}'))).status, 201);
    assert.is((await call('GET', '/api/tasks')).json.tasks.length, 2);
    // A log may hold anything, and one line of it stops no other.
    const log = '{"log_group":"g","log_stream":"s","events":[{"timestamp":1,"message":"caf\u00e9 1/2"}]}';
    assert.is((await send(Buffer.from(log, 'latin1'), '/api/logs')).status, 200);
  }),
);

test(
  'takes a time without a zone for UTC wherever it runs, and refuses days that there are not',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't' });
    const history = async (timestamp: unknown) => {
      const answer = await call('POST', '/api/tasks/t/progress', { current: 1, timestamp });
      return answer.status === 200
        ? (await call('GET', '/api/tasks/t/history?to=2025-01-01')).json.history.at(-1).timestamp
        : answer.status;
    };
    const { TZ: zone } = process.env;
    process.env['TZ'] = 'Asia/Tokyo';
    try {
      for (const [timestamp, expected] of [
        ['2024-02-29', '2024-02-29T00:00:00.000Z'],
        ['2024-02-29T10:00', '2024-02-29T10:00:00.000Z'],
        ['2024-02-29T10:00:00.5', '2024-02-29T10:00:00.500Z'],
        ['2024-03-01T10:00+09:00', '2024-03-01T01:00:00.000Z'],
        ['2024-03-01T10:00:00Z', '2024-03-01T10:00:00.000Z'],
        ['2023-02-29', 400],
        ['2024-02-30', 400],
        ['2024-02-30T00:00:00Z', 400],
        ['2024-04-31T12:00', 400],
        ['2024-13-01', 400],
        ['2024-01-01T25:00', 400],
      ]) {
        assert.is(await history(timestamp), expected, String(timestamp));
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
    assert.equal(code(await call('GET', '/api/tasks?updated_since=2026-02-30')), [400, 'invalid_input']);
  }),
);

const poll = (call: Call, query: string, headers = {}) =>
  call('GET', `/api/events?${query}`, undefined, { accept: 'application/json', ...headers });

test(
  'tells events at once to those who poll: what is new, 304 without news, where to go on',
  withApi(
    async ({ call }: Api) => {
      const begin = await poll(call, '');
      assert.equal([begin.json.events, begin.json.reset], [[], false]);
      const empty = await poll(call, `since=${begin.json.next}`);
      assert.equal([empty.status, empty.text], [304, '']);
      await call('POST', '/api/tasks', { task_id: 'a', project_id: 'p' });
      await call('POST', '/api/tasks', { task_id: 'b', project_id: 'q' });
      await call('DELETE', '/api/tasks/a');
      const news = await poll(call, `since=${begin.json.next}&project_id=p`);
      const stated = news.json.events.filter(({ event }: { event: string }) => event === 'task');
      assert.equal(
        stated.map(({ action, task_id, task }: { action: string; task_id: string; task?: object }) => [
          action,
          task_id,
          task !== undefined,
        ]),
        [
          ['saved', 'a', true],
          ['deleted', 'a', false],
        ],
      );
      assert.is((await poll(call, '', { 'last-event-id': news.json.next })).status, 304);
      const lost = await poll(call, 'since=nonsense');
      assert.equal([lost.json.reset, lost.json.next], [true, news.json.next]);
      const text = await call('GET', `/api/events?since=${begin.json.next}`, undefined, {
        accept: 'text/event-stream',
      });
      assert.match(text.text, /^retry: \d+\nevent: (task|project)\nid: \S+\ndata: \{"action":"saved"/);
      assert.equal(code(await poll(call, `since=${'x'.repeat(300)}`)), [400, 'invalid_input']);
    },
    {},
    { streaming: false },
  ),
);

test(
  'refuses a number that JavaScript cannot hold, by name',
  withApi(async ({ call }) => {
    const tooLarge = [
      '1e400',
      '-1e400',
      '1E+0400',
      '9'.repeat(309),
      `1${'0'.repeat(310)}`,
      `1${'0'.repeat(220)}e99`,
    ];
    for (const number of tooLarge) {
      const answer = await call('POST', '/api/tasks', `{"metadata":{"deep":[{"size":${number}}]}}`);
      assert.is(answer.status, 400);
      assert.equal(answer.json.fields, [{ path: 'size', reason: 'is too large a number' }]);
    }
  }),
);

test(
  'a task with heartbeats takes the progress of its parts, and ends only when it says so',
  withApi(async ({ call }) => {
    const heartbeat = { every_seconds: 30, grace_seconds: 60 };
    await call('POST', '/api/tasks', { task_id: 'whole', status: 'running', heartbeat });
    await call('POST', '/api/tasks', { task_id: 'part', parent_id: 'whole', status: 'completed' });
    const { status, progress } = (await call('GET', '/api/tasks/whole')).json;
    assert.equal([status, progress.percentage], ['running', 99]);
    await call('POST', '/api/tasks/whole/progress', { status: 'completed' });
    assert.is((await call('GET', '/api/tasks/whole')).json.status, 'completed');
  }),
);

test.run();
