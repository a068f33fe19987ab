// What the dashboard of the installed package offers, in one visit: a command runs, and someone watches it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { chromiumPath, NOTIFICATIONS, openBrowser, openPage } from '../support/browser.ts';
import { until } from '../support/cli.ts';
import { installed, serving } from '../support/packed.ts';
import { needs, suite } from '../support/suite.ts';

const test = suite('The dashboard of the installed package');
const inChromium = needs(test, chromiumPath !== undefined, 'Chromium is not installed');

const BEGIN = Date.UTC(2026, 0, 2, 20, 0, 0);

/** The log of a nightly build: a line begins each phase, and one ends it. */
const nightly = (index: number, build: number) => {
  const line = (seconds: number, more: object) => ({
    id: String(seconds).padStart(9, '0'),
    timestamp: BEGIN + index * 200_000 + seconds * 1_000,
    message: JSON.stringify({ task_id: `night-${index}`, task_name: 'nightly', ...more }),
  });
  return [
    line(0, { status: 'running', phase: 'build' }),
    line(build, { status: 'running', phase: 'check' }),
    line(build + 30, { status: 'completed' }),
  ];
};

inChromium(
  'shows a run in the tab, sends a notification of its end, and finds earlier runs by keyboard',
  async () => {
    const folder = await installed();
    const { url, stop } = await serving(folder, { MIYABI_DATA_DIR: 'dashboard' });
    const browser = await openBrowser();
    try {
      const post = async (path: string, body: object) => {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        assert.ok(answer.ok, `${path}: ${answer.status}`);
      };
      for (let index = 0; index < 6; index += 1)
        await post('/api/logs', {
          ...{ project_id: 'kiln', log_group: 'nights', log_stream: `night-${index}` },
          events: nightly(index, index === 5 ? 90 : 10 + index),
        });
      await post('/api/tasks', { task_id: 'tea', task_name: 'tea', status: 'running' });
      for (const task_id of ['grind', 'pour']) {
        await post('/api/tasks', { task_id, task_name: task_id, parent_id: 'tea', status: 'running' });
        await post(`/api/tasks/${task_id}/progress`, { status: 'completed' });
      }

      const { page, complaints, close } = await openPage(browser, { timezoneId: 'Asia/Tokyo' });
      await page.addInitScript(NOTIFICATIONS);
      const named = (title: string) =>
        page.locator(`xpath=//title[.="${title}"]`).waitFor({ state: 'attached' });
      const button = (name: string) => page.getByRole('button', { name });
      const focused = () => page.locator(':focus').getAttribute('id');
      await page.goto(url);
      await named('Miyabi Progress');

      // A command, its count in the tab, and a notification when it ends.
      const words =
        "sh -c 'echo Step 1/3; until [ -e poured ]; do sleep 0.1; done; echo Error: no water; exit 4'";
      const wrapped = folder.shell(`npx miyabi-progress run --name steep -- ${words}`, { MIYABI_URL: url });
      await named('1 running · Miyabi');
      assert.is(await page.locator('link[rel=icon]').getAttribute('href'), '/seal-running-1.svg');
      assert.is((await page.request.get(`${url}/seal-running-1.svg`)).status(), 200);
      await page.getByRole('link', { name: 'steep' }).click();
      await button('Notify me when it ends').click();
      await page.locator('.crumb [aria-pressed=true]').waitFor();
      writeFileSync(join(folder.path, 'poured'), '');
      assert.is((await wrapped).code, 4);
      await named('Failed · steep · Miyabi');
      await until('a notification', async () => (await page.evaluate('shown.length')) === 1);
      assert.match(JSON.stringify(await page.evaluate('shown')), /steep has failed.*no water/);

      // When the parts of a task ran.
      await page.goto(`${url}/tasks/tea`);
      await page.locator('.waterfall-bar').nth(1).waitFor();
      assert.match((await page.locator('.waterfall').textContent()) ?? '', /grind.*pour/);

      // Earlier runs: by every filter with the keyboard alone, and the time in the reader's zone.
      await page.keyboard.press('/');
      await page.locator('#q:focus').waitFor();
      await page.keyboard.type('night');
      for (const [filter, choice] of [
        ['status', 'Completed'],
        ['project_id', 'kiln'],
        ['task_type', 'agent'],
      ] as const) {
        await page.keyboard.press('Tab');
        assert.is(await focused(), filter);
        await page.keyboard.type(choice);
        await page.waitForURL(new RegExp(`[?&]${filter}=`));
      }
      const last = page.getByRole('link', { name: 'nightly' }).first();
      await last.waitFor();
      const time = page.locator('time[title]').first();
      assert.match((await time.getAttribute('title')) ?? '', /3 Jan 2026, 05:18:40 (GMT\+9|JST)/);

      // The newest beside the usual one.
      await last.click();
      await button('Compare with earlier runs').click();
      await page.getByText('Slower than in nine of ten earlier runs: build').waitFor();

      assert.equal(complaints, []);
      await close();
    } finally {
      // The command ends in any case.
      writeFileSync(join(folder.path, 'poured'), '');
      await browser.close();
      await stop();
    }
  },
  { timeoutMs: 600_000, slow: true },
);

test.run();
