import * as assert from 'uvu/assert';
import { until } from '../support/cli.ts';
import { report, stories } from './stories.ts';

const { story, slowStory, run } = stories('overview');

story(
  'shows how to begin where there is nothing yet, and the first task without a reload',
  async (scene) => {
    const { page, open, reportTask, heading } = scene;
    await open();
    await heading('No tasks yet').waitFor();
    assert.ok(await page.getByText('miyabi run -- npx cdk deploy --all').isVisible());
    await reportTask('first', 1);
    await page.getByRole('link', { name: 'first' }).waitFor();
  },
  { slow: true },
);

story('shows what runs, what failed and why, and how projects fare', async (scene) => {
  const { page, teaHouse, open, bar, textOf } = scene;
  await teaHouse();
  await open();
  await bar('TeaHouse-Api').waitFor();
  assert.match(await textOf('h1'), /^5 tasks are running1 blocked/);
  assert.match(
    await textOf('[data-task^="TeaHouse-Search"]'),
    /exceeded the number of replicas.*IndexDomain/,
  );
  assert.match(await textOf('[data-project="kiln"]'), /Kiln86%/);
  const outcomes = page.locator('[data-project="kiln"]').getByRole('img', { name: /completed, \d+ failed/ });
  assert.ok(await outcomes.isVisible());
});

story(
  'moves a bar when a line is posted',
  async ({ dashboard, reportTask, open, bar, sees }) => {
    await reportTask('brew', 2);
    await open();
    await bar('brew').waitFor();
    assert.is(await bar('brew').getAttribute('aria-valuenow'), '20');
    const answer = await fetch(`${dashboard.url}/api/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        log_group: 'tests',
        log_stream: 'brew',
        events: [{ timestamp: Date.now(), message: report('brew', 7, { phase: 'steep' }) }],
      }),
    });
    assert.is(answer.status, 200);
    await sees(70);
    assert.is(await bar('brew').getAttribute('aria-valuetext'), 'Running, 70 percent, 7 of 10, steep');
    const scale = await bar('brew').locator('.bar-ink').getAttribute('style');
    assert.match(scale ?? '', /scaleX\(0\.7\)/);
  },
  { slow: true },
);

slowStory('moves ended tasks out of the running ones, and announces it once', async (scene) => {
  const { page, reportTask, open, bar } = scene;
  await reportTask('brew', 2);
  await open();
  await bar('brew').waitFor();
  await reportTask('brew', 3, { status: 'failed', error: 'no water' });
  await page.locator('.row-failed', { hasText: 'no water' }).waitFor();
  assert.is(await page.getByRole('progressbar').count(), 0);
  await page.getByRole('status').filter({ hasText: 'brew has failed' }).waitFor({ state: 'attached' });
});

slowStory('keeps filters and search in the address', async ({ page, teaHouse, open, bar }) => {
  await teaHouse();
  await open();
  await page.getByLabel('Search').fill('korean');
  await page.waitForURL('**/?q=korean');
  await page.locator('.row-live').filter({ hasText: 'TeaHouse' }).waitFor({ state: 'detached' });
  assert.is(await page.getByRole('progressbar').count(), 1);
  await page.getByLabel('Search').fill('');
  await page.waitForURL(/\/$/);
  await page.getByLabel('Status').selectOption('failed');
  await page.waitForURL('**/?status=failed');
  await page.getByLabel('Project', { exact: true }).selectOption('kiln');
  await page.waitForURL('**/?status=failed&project_id=kiln');
  const names = await page.locator('#failed ~ ul .name').allTextContents();
  assert.ok(names.length > 1 && names.every((name) => name === 'kiln: release build'), names.join());
  await page.reload();
  assert.is(await page.getByLabel('Status').inputValue(), 'failed');
  await page.goBack();
  assert.is(await page.getByLabel('Project', { exact: true }).inputValue(), '');
  await page.getByLabel('Search').fill('no such thing');
  await page.getByText('No task matches these filters.').waitFor();
  await page.locator('.page-state').getByRole('button', { name: 'Clear filters' }).click();
  await bar('TeaHouse-Api').waitFor();
});

story(
  'shows in the search field what is searched for, also where one goes back while in it',
  async (scene) => {
    const { page, reportTask, open } = scene;
    const field = page.getByLabel('Search');
    await reportTask('brew', 2);
    await open();
    await field.fill('brew');
    await page.waitForURL('**/?q=brew');
    await page.getByLabel('Status').selectOption('running');
    await field.fill('bake');
    await page.waitForURL('**/?q=bake&status=running');
    await page.goBack();
    await page.waitForURL('**/?q=brew');
    // The address changes before the page is drawn again.
    await until('the field follows', async () => (await field.inputValue()) === 'brew');
  },
  { slow: true },
);

story(
  'finds what is older than what it holds, and says that nothing matches only when it knows',
  async (scene) => {
    const { dashboard, page, open } = scene;
    for (const task_name of ['the needle', ...Array.from({ length: 120 }, (_, index) => `straw ${index}`)])
      await dashboard.call('POST', '/api/tasks', { task_name, status: 'completed' });
    let answer: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/tasks?q=needle*', async (route) => {
      await held;
      await route.continue();
    });
    // Each state of the page is looked at, also one that lasts for a single frame.
    await page.addInitScript(`{
      window.saidNothingMatches = false;
      const look = () => {
        if (document.body?.innerText.includes('No task matches')) window.saidNothingMatches = true;
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    }`);
    await open('/?q=needle');
    await page.getByLabel('Search').waitFor();
    await page.locator('.reading').waitFor({ state: 'attached' });
    answer();
    await page.getByRole('link', { name: 'the needle' }).waitFor();
    assert.is(await page.evaluate<boolean>('saidNothingMatches'), false);
  },
  { slow: true },
);

story(
  'loads more after the newest hundred, and keeps the list for when the user comes back',
  async (scene) => {
    const { dashboard, page, open, button, until } = scene;
    for (let number = 1; number <= 230; number += 1)
      await dashboard.call('POST', '/api/tasks', { task_name: `straw ${number}`, status: 'completed' });
    await open();
    await button('Show 92 more').click();
    assert.is(await page.locator('.row-done').count(), 100);
    for (const rows of [200, 230]) {
      await button('Show older tasks').click();
      await page.locator(`.row-done >> nth=${rows - 1}`).waitFor();
    }
    await page.getByRole('link', { name: 'straw 1', exact: true }).waitFor();
    assert.is(await button(/^Show/).count(), 0, 'there is nothing beyond');
    const oldest = page.getByRole('link', { name: 'straw 31', exact: true });
    await oldest.scrollIntoViewIfNeeded();
    const place = () => page.evaluate<number>('scrollY');
    const before = await place();
    await oldest.click();
    await page.getByRole('heading', { level: 1, name: 'straw 31' }).waitFor();
    assert.is(await place(), 0);
    await page.goBack();
    await until(`Math.abs(scrollY - ${before}) < 2`);
  },
  { slow: true },
);

story(
  'says in the title of the tab what runs, and what failed while it was hidden',
  async (scene) => {
    const { dashboard, page, reportTask, open, bar, look, named } = scene;
    await open();
    await named('Miyabi Progress');
    await reportTask('brew', 2);
    await reportTask('bake', 3);
    await named('2 running · Miyabi');
    const icon = () => page.locator('link[rel=icon]').getAttribute('href');
    assert.is(await icon(), '/seal-running-2.svg');
    await bar('bake').waitFor();
    await look(false);
    await reportTask('bake', 4, { status: 'failed' });
    await named('1 failed · 1 running · Miyabi');
    assert.is(await icon(), '/seal-failed-1.svg');
    await look(true);
    await named('1 running · Miyabi');
    assert.is(await icon(), '/seal-running-1.svg');
    const served = await page.request.get(`${dashboard.url}${await icon()}`);
    assert.equal([served.status(), served.headers()['content-type']], [200, 'image/svg+xml; charset=utf-8']);
    await page.getByRole('link', { name: 'brew' }).click();
    await named('20% · brew · Miyabi');
    await reportTask('brew', 10, { status: 'completed' });
    await named('Completed · brew · Miyabi');
  },
  { slow: true },
);

story(
  'shows stale tasks as such, and how long a task still needs',
  async ({ page, open }) => {
    const now = new Date().toISOString();
    const task = {
      task_id: 'brew',
      task_name: 'brew',
      task_type: 'build',
      project_id: 'default',
      status: 'running',
      priority: 'P2',
      progress: { current: 1, total: 2, percentage: 50 },
      details: {},
      labels: {},
      metadata: {},
      attempt: 1,
      version: 2,
      created_at: now,
      updated_at: now,
      started_at: now,
      eta_seconds: 200,
      stale: true,
    };
    await page.route('**/api/tasks?status=pending*', (route) =>
      route.fulfill({ json: { tasks: [task], next_cursor: null } }),
    );
    await open();
    await page.locator('.row-live .stale', { hasText: 'No news' }).waitFor();
    await page.locator('.row-live', { hasText: '3m left' }).waitFor();
  },
  { slow: true },
);

story(
  'narrows by every filter with the keyboard alone, and widens again',
  async (scene) => {
    const { page, teaHouse, open, bar } = scene;
    await teaHouse();
    await open();
    await bar('TeaHouse-Api').waitFor();
    const focused = () => page.locator(':focus').getAttribute('id');
    await page.keyboard.press('/');
    assert.is(await focused(), 'q');
    await page.keyboard.type('kiln');
    await page.waitForURL('**/?q=kiln');
    await page.keyboard.press('Tab');
    assert.is(await focused(), 'status');
    await page.keyboard.type('Run');
    await page.waitForURL('**/?q=kiln&status=running');
    await page.keyboard.press('Tab');
    assert.is(await focused(), 'project_id');
    await page.keyboard.type('Kiln');
    await page.waitForURL('**/?q=kiln&status=running&project_id=kiln');
    await page.keyboard.press('Tab');
    assert.is(await focused(), 'task_type');
    await page.keyboard.type('build');
    await page.waitForURL(/task_type=build/);
    await page.locator('.row-live').nth(1).waitFor();
    assert.is(await page.locator('.row-live').count(), 2);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/$/);
    // Where the button was, the focus must not fall out of the page.
    await page.keyboard.press('/');
    assert.is(await focused(), 'q');
  },
  { slow: true },
);

story(
  'gives absolute times to a pointer that rests on a relative one, in the time zone of the reader',
  async ({ dashboard, page, open }) => {
    await dashboard.log('brew', [
      { at: Date.UTC(2026, 0, 2, 20, 0, 0), text: report('brew', 1) },
      { at: Date.UTC(2026, 0, 2, 20, 5, 0), text: report('brew', 2, { status: 'failed' }) },
      { at: Date.now() - 60_000, text: report('bake', 2) },
    ]);
    await open();
    const title = (selector: string) => page.locator(selector).first().getAttribute('title');
    assert.match((await title('.row-failed time')) ?? '', /3 Jan 2026, 05:05:00 (GMT\+9|JST)/);
    assert.match((await title('.row-live .row-times span[title]')) ?? '', /\d\d:\d\d:\d\d (GMT\+9|JST)/);
    await open('/tasks/brew');
    assert.match((await title('.task-times span[title]')) ?? '', /05:00:00 .* – .* 05:05:00/);
  },
  { slow: true, page: { timezoneId: 'Asia/Tokyo' } },
);

story(
  'moves a bar at most once for each report while 300 tasks move, and makes no row again',
  async ({ dashboard, page, reportTask, open, heading, until }) => {
    const ids = Array.from({ length: 300 }, (_, index) => `t${index}`);
    for (const id of ids) await reportTask(id, 1);
    await open();
    await heading('300 tasks are running').waitFor();
    await page.evaluate(
      `window.changed = 0; window.rows = 0;
       new MutationObserver((all) => {
         for (const { type, addedNodes } of all)
           if (type === 'attributes') changed += 1;
           else rows += [...addedNodes].filter((node) => node.dataset?.task !== undefined).length;
       }).observe(document.body, { subtree: true, childList: true, attributeFilter: ['aria-valuenow'] })`,
    );
    for (let round = 2; round < 6; round += 1) {
      await Promise.all(ids.map((id) => dashboard.log(id, [{ at: Date.now(), text: report(id, round) }])));
    }
    await until('document.querySelectorAll(\'[aria-valuenow="50"]\').length === 300');
    assert.equal(await page.evaluate('rows'), 0);
    const changed = await page.evaluate<number>('changed');
    assert.ok(changed <= 4 * ids.length, `${changed} changes for four reports of each task`);
  },
  { slow: true },
);

slowStory('redraws for an event the row that it is about, and no other', async (scene) => {
  const { page, reportTask, open, heading, sees } = scene;
  for (let index = 0; index < 50; index += 1) await reportTask(`t${index}`, 1);
  await open();
  await heading('50 tasks are running').waitFor();
  // Clocks tick in every row; an event changes only attributes of its own row.
  await page.evaluate(
    `window.touched = new Set();
     new MutationObserver((all) => { for (const { target } of all) touched.add(target.closest('[data-task]')?.dataset.task ?? target.nodeName); })
       .observe(document.body, { subtree: true, attributes: true, childList: true })`,
  );
  await reportTask('t7', 4);
  await sees(40);
  assert.equal(await page.evaluate('[...touched]'), ['t7']);
});

run();
