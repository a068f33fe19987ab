import * as assert from 'uvu/assert';
import { NOTIFICATIONS } from '../support/browser.ts';
import { RED_INK, report, stories } from './stories.ts';

const { story, slowStory, run } = stories('task');

story('opens a task: its plot, phases, root cause, links and history', async (scene) => {
  const { page, teaHouse, open, heading, textOf } = scene;
  await teaHouse();
  await open();
  await page.getByRole('link', { name: 'TeaHouse-Search' }).click();
  await heading('TeaHouse-Search', 1).waitFor();
  assert.match(page.url(), /\/tasks\/TeaHouse-Search-/);
  await page
    .getByRole('img', { name: /^Plot of progress/ })
    .locator('canvas')
    .waitFor();
  assert.ok((await page.evaluate<number>(RED_INK)) > 100, 'the line is drawn');
  assert.match(await textOf('.root-cause'), /limit 3.*IndexDomain9B4E77D1/s);
  assert.match(await textOf('.phase-list'), /deploying.*rolling back/s);
  assert.ok((await page.getByRole('row').count()) > 5);
  await page.goBack();
  await heading('In progress').waitFor();
});

slowStory(
  'follows a task that goes on while its page is open',
  async ({ dashboard, page, reportTask, open }) => {
    await dashboard.log('brew', [{ at: Date.now() - 5_000, text: report('brew', 2, { phase: 'heat' }) }]);
    await open('/tasks/brew');
    await page.locator('.task-figure', { hasText: '20%' }).waitFor();
    await reportTask('brew', 6, { phase: 'steep' });
    await page.locator('.task-figure', { hasText: '60%' }).waitFor();
    await page.locator('.phase-list', { hasText: 'steep' }).waitFor();
    await page.getByRole('cell', { name: '60%' }).waitFor();
  },
);

story(
  'reads the history of a task that changes faster than it can be read',
  async (scene) => {
    const { page, reportTask, open } = scene;
    let changing: Promise<void> = Promise.resolve();
    let current = 1;
    // While an answer is under way the task changes, each time.
    await page.route('**/api/tasks/brew/history*', async (route) => {
      const answer = await route.fetch();
      current += 1;
      changing = reportTask('brew', current);
      await page.locator('.task-figure', { hasText: `${current}0%` }).waitFor();
      await route.fulfill({ response: answer });
    });
    await reportTask('brew', current);
    await open('/tasks/brew');
    await page.getByRole('cell', { name: '10%' }).waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    await changing;
  },
  { slow: true },
);

story(
  'says nothing of a history before it is read, and reads it again where that failed',
  async ({ page, reportTask, open }) => {
    let requested = 0;
    await page.clock.install();
    await page.route('**/api/tasks/brew/history*', (route) => {
      requested += 1;
      return requested === 1 ? route.fulfill({ status: 503, json: { error: 'not now' } }) : route.continue();
    });
    await reportTask('brew', 10, { status: 'completed' });
    await open('/tasks/brew');
    await page.waitForResponse(/history/);
    assert.is(await page.getByText('Nothing has been recorded yet').count(), 0);
    await page.clock.fastForward(6_000);
    await page.getByRole('cell', { name: '100%' }).waitFor();
  },
  { slow: true, complaints: 'network' },
);

slowStory('shows how a failed task ended and where it stopped, never a percentage', async (scene) => {
  const { page, reportTask, open, bar, textOf } = scene;
  await reportTask('brew', 10, { status: 'failed', error: 'no water' });
  await open('/tasks/brew');
  assert.is((await textOf('.task-figure')).trim(), 'Failed');
  assert.match(await textOf('.task-times'), /Stopped at10 \/ 10/);
  assert.is(await bar('brew').getAttribute('aria-valuetext'), 'Failed, stopped at 10/10');
  await page.getByRole('cell', { name: '10/10' }).waitFor();
  assert.not.match(await textOf('article'), '%');
  await open('/');
  assert.match(await textOf('.row-failed'), /brew.*no water.*stopped at 10\/10/s);
});

slowStory(
  'counts failed and skipped steps: in the row, at the head of the page and in the history',
  async (scene) => {
    const { dashboard, page, open, textOf } = scene;
    await dashboard.call('POST', '/api/tasks', {
      task_id: 'suite',
      status: 'running',
      progress: { total: 9 },
    });
    const reported = await dashboard.call('POST', '/api/tasks/suite/progress', {
      ...{ current: 5, failed: 2, skipped: 1 },
    });
    assert.is(reported.status, 200);
    await open('/');
    assert.match(await textOf('.row-live .row-foot'), /2 failed, 1 skipped/);
    await open('/tasks/suite');
    await page.getByRole('cell', { name: '2 failed, 1 skipped' }).waitFor();
    assert.match(await textOf('.task-times'), /Failed or skipped2 failed, 1 skipped/);
  },
);

story(
  'shows parts of a task that failed or were cancelled with what ended them',
  async (scene) => {
    const { dashboard, page, open } = scene;
    const create = (body: object) => dashboard.call('POST', '/api/tasks', body);
    await create({ task_id: 'all', status: 'running' });
    await create({
      ...{ task_id: 'one', task_name: 'one', parent_id: 'all', status: 'failed' },
      ...{ progress: { current: 9, total: 9 }, details: { error_message: 'no water' } },
    });
    await open('/tasks/all');
    const row = page.locator('[data-task=one]');
    assert.match((await row.textContent()) ?? '', /one.*Failed.*stopped at 9\/9.*no water/s);
    assert.not.match((await row.textContent()) ?? '', '%');
  },
  { slow: true },
);

story(
  'shows the process that a task stands for, and how it ended',
  async (scene) => {
    const { dashboard, page, open, textOf } = scene;
    await dashboard.call('POST', '/api/tasks', {
      ...{ task_id: 'run', task_name: 'nightly', task_type: 'run', status: 'failed' },
      details: { exit_code: 3 },
      run: {
        ...{ command: 'make brew', host: 'kettle', user: 'sen', directory: '/srv/tea' },
        git: { branch: 'main', commit: '0a1b2c3' },
        ci_url: 'https://ci.example.org/7',
      },
      expect: { every_seconds: 86_400, grace_seconds: 3_600 },
    });
    await open('/tasks/run');
    assert.is(await textOf('.task-figure'), 'Failed exit code 3');
    const facts = page.locator('.facts', { has: page.getByRole('heading', { name: 'Run' }) });
    const text = ((await facts.textContent()) ?? '').replaceAll('Copy', ' ');
    assert.is(
      text,
      'RunCommandmake brew Exit code3HostkettleUsersenDirectory/srv/teaBranchmainCommit0a1b2c3 CI jobhttps://ci.example.org/7Expectedevery 1d, 1h late at most',
    );
    await page.getByRole('link', { name: 'https://ci.example.org/7' }).waitFor();
    await open('/');
    assert.match(await textOf('.row-failed .row-foot'), /^exit code 3/);
  },
  { slow: true },
);

story(
  'says of a lost task that it gave no sign of life, and names the signal that ended one',
  async (scene) => {
    const { dashboard, open, textOf } = scene;
    const create = (task_id: string, details: object) =>
      dashboard.call('POST', '/api/tasks', { task_id, status: 'failed', details });
    await create('lost', { outcome: 'lost' });
    await create('killed', { signal: 'SIGKILL' });
    await open('/tasks/lost');
    assert.is(await textOf('.task-figure'), 'Failed lost: no sign of life');
    await open('/tasks/killed');
    assert.is(await textOf('.task-figure'), 'Failed ended by SIGKILL');
  },
  { slow: true },
);

story(
  'draws when the parts of a task ran',
  async ({ dashboard, page, open }) => {
    await dashboard.call('POST', '/api/tasks', { task_id: 'all', status: 'running' });
    const { json: part } = await dashboard.call('POST', '/api/tasks', { task_id: 'one', parent_id: 'all' });
    const at = (seconds: number) => new Date(Date.UTC(2026, 0, 2) + seconds * 1_000).toISOString();
    const partOf = (task_id: string, from: number, to: number, status: string) => ({
      ...part.task,
      ...{ task_id, task_name: task_id, status, version: 9, started_at: at(from), completed_at: at(to) },
    });
    const tasks = [partOf('two', 10, 40, 'failed'), partOf('one', 0, 20, 'completed')];
    await page.route('**/api/tasks?parent_id=all*', (route) =>
      route.fulfill({ json: { tasks, next_cursor: null } }),
    );
    await open('/tasks/all');
    const bars = page.locator('.waterfall-bar');
    await bars.nth(1).waitFor();
    assert.equal(await bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('style'))), [
      'left: 0%; width: 50%;',
      'left: 25%; width: 75%;',
    ]);
    assert.equal(await page.locator('.waterfall-time').allTextContents(), [
      'after < 1s, 20s',
      'after 10s, 30s',
    ]);
  },
  { slow: true },
);

story(
  'says which phase of a run is slower than in nine of ten earlier ones',
  async (scene) => {
    const { dashboard, page, open, button } = scene;
    const begin = Date.now() - 3_600_000;
    const play = async (index: number, build: number, check: number, ends = true) => {
      const line = (seconds: number, more: object) => ({
        at: begin + index * 200_000 + seconds * 1_000,
        text: JSON.stringify({ task_id: `r${index}`, task_name: 'nightly', ...more }),
      });
      await dashboard.log(`r${index}`, [
        line(0, { status: 'running', phase: 'build' }),
        line(build, { status: 'running', phase: 'check' }),
        line(
          build + check,
          ends ? { status: 'completed' } : { status: 'running', phase: 'check', step: 'x' },
        ),
      ]);
    };
    for (let index = 0; index < 6; index += 1) await play(index, 10 + index, 30);
    await play(6, 90, 20);
    await open('/tasks/r6');
    await button('Compare with earlier runs').click();
    await page.getByText('Slower than in nine of ten earlier runs: build').waitFor();
    const rows = page.locator('.usual tbody tr');
    assert.equal(await rows.allTextContents(), ['buildslower: 1m 30s12s15s', 'check20s30s30s']);
    await open('/tasks/r2');
    await button('Compare with earlier runs').click();
    await page.getByText('2 earlier runs of this name completed; a comparison takes 5.').waitFor();
  },
  { slow: true },
);

story(
  'notifies when a watched task ends, and asks for that on a click only',
  async (scene) => {
    const { page, reportTask, open, button, until } = scene;
    await page.addInitScript(NOTIFICATIONS);
    await reportTask('brew', 2);
    await reportTask('bake', 2);
    await open('/tasks/brew');
    const notify = button('Notify me when it ends');
    await notify.waitFor();
    assert.is(await page.evaluate('asked'), 0);
    await notify.click();
    await page.locator('.crumb [aria-pressed=true]').waitFor();
    assert.is(await page.evaluate('asked'), 1);
    await page.reload();
    await page.locator('.crumb [aria-pressed=true]').waitFor();
    await page.getByText('Live').waitFor();
    await reportTask('bake', 10, { status: 'completed' });
    await reportTask('brew', 3, { status: 'failed', error: 'no water' });
    await until('shown.length > 0');
    assert.equal(await page.evaluate('shown'), [
      { title: 'brew has failed', body: 'stopped at 3/10\nno water', tag: 'brew' },
    ]);
    await page.reload();
    await page.getByText('Live').waitFor();
    assert.equal(await page.evaluate('shown'), [], 'once');
  },
  { slow: true },
);

story(
  'says that the browser refuses notifications',
  async ({ page, reportTask, open, button }) => {
    await page.addInitScript(`window.answer = 'denied';${NOTIFICATIONS}`);
    await reportTask('brew', 2);
    await open('/tasks/brew');
    await button('Notify me when it ends').click();
    await page.getByText('This browser blocks notifications').waitFor();
  },
  { slow: true },
);

story(
  'draws a point where there is only one',
  async ({ page, reportTask, open, until }) => {
    await reportTask('brew', 4, { status: 'failed' });
    await open('/tasks/brew');
    await page.locator('.plot canvas').waitFor();
    await until(`${RED_INK} > 20`);
  },
  { slow: true },
);

story(
  'shows the root cause as soon as it is known, before the task has ended',
  async (scene) => {
    const { dashboard, open, textOf, heading } = scene;
    await dashboard.call('POST', '/api/tasks', {
      task_id: 'brew',
      task_name: 'brew',
      status: 'running',
      details: { phase: 'rolling back', error_message: 'no water', failed_resources: ['Kettle'] },
    });
    await open('/tasks/brew');
    await heading('Root cause').waitFor();
    assert.match(await textOf('.root-cause'), /no water.*Kettle/s);
  },
  { slow: true },
);

slowStory(
  'makes links of addresses in labels and nothing else, and copies the id',
  async ({ dashboard, page, open, button }) => {
    await dashboard.call('POST', '/api/tasks', {
      task_id: 'brew',
      labels: { run: 'https://ci.example.org/7', trap: 'javascript:alert(1)' },
      metadata: { report: 'https://ci.example.org/report' },
    });
    await open('/tasks/brew');
    await page.getByRole('link', { name: 'https://ci.example.org/7' }).waitFor();
    await page.getByRole('link', { name: 'https://ci.example.org/report' }).waitFor();
    assert.ok(await page.getByText('javascript:alert(1)').isVisible());
    assert.is(await page.getByRole('link', { name: /alert/ }).count(), 0);
    await button('Copy').click();
    await button('Copied').waitFor();
    assert.is(await page.evaluate('navigator.clipboard.readText()'), 'brew');
  },
  { page: { permissions: ['clipboard-read', 'clipboard-write'] } },
);

slowStory(
  'says what is not there, and leads back',
  async ({ page, open, heading }) => {
    await open('/tasks/never');
    await heading('There is no such task').waitFor();
    await page.getByRole('link', { name: 'Back to the overview' }).click();
    await heading('No tasks yet').waitFor();
  },
  { complaints: 'network' },
);

story(
  'says that a task is gone which is deleted while one looks at it',
  async ({ dashboard, page, reportTask, open, heading }) => {
    await reportTask('brew', 2);
    await open('/tasks/brew');
    await page.locator('.task-figure', { hasText: '20%' }).waitFor();
    await page.getByText('Live').waitFor();
    await dashboard.call('DELETE', '/api/tasks/brew');
    await heading('There is no such task').waitFor();
  },
  { slow: true, complaints: 'network' },
);

story(
  'keeps the task that one looks at, however many end after it',
  async (scene) => {
    const { dashboard, page, open, heading } = scene;
    const create = (task_name: string) =>
      dashboard.call('POST', '/api/tasks', { task_id: task_name, task_name, status: 'completed' });
    await create('old');
    await open('/tasks/old');
    await heading('old', 1).waitFor();
    await page.getByText('Live').waitFor();
    await page.evaluate("document.querySelector('h1').dataset.seen = 'yes'");
    for (let index = 0; index < 1_050; index += 1) await create(`new-${index}`);
    // Where the last in the stream of events has come, all the others have too.
    const part = { task_name: 'the last of all', parent_id: 'old', status: 'running' };
    await dashboard.call('POST', '/api/tasks', part);
    await page.getByRole('link', { name: 'the last of all' }).waitFor();
    assert.is(await page.locator('h1[data-seen]').count(), 1, 'it was there all the time');
  },
  { slow: true },
);

run();
