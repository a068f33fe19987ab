import * as assert from 'uvu/assert';
import { memoryCheckpoints } from '../../src/adapters/memory/checkpoints.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryIds } from '../../src/adapters/memory/ids.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { unavailable } from '../../src/domain/errors.ts';
import type { Checkpoints } from '../../src/ports/checkpoints.ts';
import {
  ANSWER_TTL_MS,
  type IdempotencyService,
  IN_FLIGHT_TTL_MS,
  idempotencyService,
  type OnceContext,
} from '../../src/services/idempotency.ts';
import { caller, withApi } from '../support/api.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('Idempotency-Key');

test(
  'gives the first answer again, and refuses the key for another request',
  withApi(async ({ call }) => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await call('POST', '/api/tasks', { task_name: 'Once' }, headers);
    const again = await call('POST', '/api/tasks', { task_name: 'Once' }, headers);
    assert.equal(
      [again.status, again.json, again.headers['location']],
      [201, first.json, first.headers['location']],
    );
    assert.is(again.headers['idempotent-replayed'], 'true');
    const other = await call('POST', '/api/tasks', { task_name: 'Other' }, headers);
    assert.equal([other.status, other.json.code], [422, 'idempotency_mismatch']);
    const elsewhere = await call('POST', '/api/projects', { task_name: 'Once' }, headers);
    assert.is(elsewhere.status, 422);
    const refused = await call('POST', '/api/tasks', { task_name: 7 }, { 'idempotency-key': 'k-2' });
    assert.is(refused.status, 400);
    assert.is(
      (await call('POST', '/api/tasks', { task_name: 7 }, { 'idempotency-key': 'k-2' })).text,
      refused.text,
    );
    assert.is((await call('GET', '/api/tasks')).json.tasks.length, 1);
    for (const key of ['', 'a b', 'x'.repeat(256), 'é']) {
      assert.is((await call('POST', '/api/tasks', {}, { 'idempotency-key': key })).status, 400);
    }
  }),
);

test(
  'creates one task of a hundred requests at once',
  withApi(async ({ call }) => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        call('POST', '/api/tasks', { task_name: 'One' }, { 'idempotency-key': 'k' }),
      ),
    );
    assert.ok(answers.every(({ status }) => status === 201 || status === 409));
    assert.ok(
      answers
        .filter(({ status }) => status === 409)
        .every(
          ({ json, headers }) => json.code === 'idempotency_in_flight' && headers['retry-after'] === '1',
        ),
    );
    assert.is((await call('GET', '/api/tasks')).json.tasks.length, 1);
    for (const body of [{ reports: [{ task_id: answers[0]?.json.task_id ?? 'x', current: 1, total: 2 }] }]) {
      const reports = await Promise.all(
        Array.from({ length: 20 }, () =>
          call('POST', '/api/tasks:progress', body, { 'idempotency-key': 'r' }),
        ),
      );
      assert.ok(reports.some(({ status }) => status === 200));
    }
  }),
);

test(
  'a request of another media type was not looked at: the key is still free',
  withApi(async ({ call }) => {
    const key = { 'idempotency-key': 'k' };
    const wrong = await call('POST', '/api/tasks', '{}', { ...key, 'content-type': 'text/plain' });
    assert.is(wrong.status, 415);
    const right = await call('POST', '/api/tasks', '{}', key);
    assert.equal([right.status, right.headers['idempotent-replayed']], [201, undefined]);
  }),
);

test(
  'a batch of which a part was made before its process died is made once, under the same ids',
  withApi(async ({ app: _app, call: _call, ...composition }) => {
    // As the service sees it in a process that follows one that died.
    let resumed = false;
    const idempotency: IdempotencyService = {
      async once(_request, job) {
        const { answer } = await job({ id: 'begun', resumed });
        resumed = true;
        return { answer, replayed: false };
      },
    };
    const cursors = signedCursors('a secret of the tests');
    const call = caller(httpApp({ ...composition, cursors, idempotency }, composition.logger));
    const send = async () => {
      const { json } = await call(
        'POST',
        '/api/tasks:batch',
        { tasks: [{ task_name: 'a' }, { task_name: 'b' }, { task_name: 'c' }] },
        { 'idempotency-key': 'k' },
      );
      return json.results.map(({ status, task_id }: Record<string, unknown>) => [status, task_id]);
    };
    const first = await send();
    assert.equal(new Set(first.map(String)).size, 3);
    await composition.tasks.remove(first[2][1]);
    assert.equal(await send(), first);
    assert.is((await call('GET', '/api/tasks')).json.tasks.length, 3);
  }),
);

const open = () => {
  const clock = memoryClock();
  const checkpoints = memoryCheckpoints();
  const process = (on: Checkpoints = checkpoints) =>
    idempotencyService({ checkpoints: on, clock, ids: memoryIds(), logger: memoryLogger() });
  return { clock, checkpoints, process };
};
const request = { key: 'k', fingerprint: 'f' };
const done = (answer: object) => async () => ({ answer: answer as Record<string, never>, keep: true });

test('holds across processes, and for a day', async () => {
  const { clock, process } = open();
  const one = process();
  const two = process();
  assert.equal(await one.once(request, done({ n: 1 })), { answer: { n: 1 }, replayed: false });
  assert.equal(await two.once(request, done({ n: 2 })), { answer: { n: 1 }, replayed: true });
  clock.advance(ANSWER_TTL_MS - 1);
  assert.is((await two.once(request, done({ n: 3 }))).replayed, true);
  await rejects(two.once({ ...request, fingerprint: 'g' }, done({})), 'idempotency_mismatch');
  clock.advance(1);
  assert.equal(await two.once({ ...request, fingerprint: 'g' }, done({ n: 4 })), {
    answer: { n: 4 },
    replayed: false,
  });
});

test('says that it is under way, and takes over from a process that died, with the same id', async () => {
  const { clock, process } = open();
  let context: OnceContext | undefined;
  void process().once(request, (first) => {
    context = first;
    return new Promise(() => {});
  });
  await new Promise((resolve) => setImmediate(resolve));
  await rejects(process().once(request, done({})), 'idempotency_in_flight');
  clock.advance(IN_FLIGHT_TTL_MS);
  let second: OnceContext | undefined;
  await process().once(request, async (again) => {
    second = again;
    return { answer: {}, keep: true };
  });
  assert.equal(second, { id: context?.id, resumed: true });
});

test('does again what failed for the moment, and answers even if it cannot keep the answer', async () => {
  const { checkpoints, process } = open();
  const failed = await process().once(request, async () => ({ answer: { status: 503 }, keep: false }));
  assert.equal(failed.answer, { status: 503 });
  let writes = 0;
  const flaky: Checkpoints = {
    ...checkpoints,
    async write(...parameters) {
      writes += 1;
      if (writes > 1) throw unavailable('The store', new Error('gone'));
      return checkpoints.write(...parameters);
    },
  };
  assert.equal(await process(flaky).once(request, done({ n: 1 })), { answer: { n: 1 }, replayed: false });
});

test('clears away what has expired', async () => {
  const { clock, checkpoints, process } = open();
  const service = process();
  await service.once(request, done({}));
  assert.ok(await checkpoints.read('idempotency#k'));
  clock.advance(ANSWER_TTL_MS);
  await service.once({ key: 'other', fingerprint: 'f' }, done({}));
  assert.is(await checkpoints.read('idempotency#k'), undefined);
});

test(
  'shows the secret of a webhook once, not in a repeated answer',
  withApi(async ({ call }) => {
    await call('POST', '/api/projects', { project_id: 'p', project_name: 'p' });
    const send = () =>
      call(
        'POST',
        '/api/projects/p/webhooks',
        { url: 'https://example.org/hook' },
        { 'idempotency-key': 'k' },
      );
    const first = await send();
    assert.is(first.status, 201);
    assert.match(first.text, 'whsec_');
    const again = await send();
    assert.equal([again.status, again.headers['idempotent-replayed']], [201, 'true']);
    assert.not.match(again.text, 'whsec_');
  }),
);

test.run();
