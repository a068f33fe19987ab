import * as assert from 'uvu/assert';
import { openApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('A clock that is set while the server runs');

const { now: original } = Date;

const withClock = async (run: (setBy: (ms: number) => void) => Promise<void>): Promise<void> => {
  try {
    await run((ms) => {
      Date.now = () => original() + ms;
    });
  } finally {
    Date.now = original;
  }
};

test('ends no rate limit early and holds none', () =>
  withClock(async (setBy) => {
    const { rateLimiter, close } = await openApi({ RATE_LIMIT: '1' });
    assert.is((await rateLimiter.take('key')).allowed, true);
    for (const hours of [2, -2]) {
      setBy(hours * 3_600_000);
      const { allowed, resetSeconds } = await rateLimiter.take('key');
      assert.is(allowed, false);
      assert.ok(resetSeconds <= 60, `${resetSeconds} s`);
    }
    await close();
  }));

test('is followed: tasks change as before and bear the new time', () =>
  withClock(async (setBy) => {
    const { call, close } = await openApi();
    assert.is((await call('POST', '/api/tasks', { task_id: 't', progress: { total: 9 } })).status, 201);
    for (const [index, hours] of [-3, 5, -1].entries()) {
      setBy(hours * 3_600_000);
      const reported = await call('POST', '/api/tasks/t/progress', { current: index + 1 });
      assert.is(reported.status, 200);
      assert.is((await call('GET', '/api/tasks/t')).json.progress.current, index + 1);
      const { tasks } = (await call('GET', '/api/tasks')).json;
      const [listed, ...others] = tasks.filter(({ task_id: id }: { task_id: string }) => id === 't');
      assert.equal([listed.progress.current, others], [index + 1, []]);
      const created = await call('POST', '/api/tasks', {});
      const stated = Date.parse(created.json.task.created_at);
      assert.ok(Math.abs(stated - Date.now()) < 60_000, created.json.task.created_at);
    }
    await close();
  }));

test.run();
