import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { until as eventually } from '../support/cli.ts';
import { repeats } from '../support/suite.ts';
import { type Scene, stories } from './stories.ts';

const { story, slowStory, run } = stories('log');

const ESC = '\u001b';
const MANY = repeats({ few: 10_000, all: 100_000 });

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

/** Lines of the task's log, written in this moment. */
const post = ({ dashboard }: Scene, lines: readonly string[]) =>
  dashboard.log(
    'brew',
    lines.map((text) => ({ at: Date.now(), text })),
  );

const create = (
  { dashboard }: Scene,
  status: string,
  { details = {}, ...more }: Readonly<{ details?: object; group?: string }> = {},
) =>
  dashboard.call('POST', '/api/tasks', {
    ...{ task_id: 'brew', task_name: 'brew', status },
    details: { log_group: more.group ?? 'tests', log_stream: 'brew', ...details },
  });

const log = ({ page }: Scene) => page.getByRole('log', { name: 'Log' });
const row = (scene: Scene, text: string) => log(scene).locator('.log-row').filter({ hasText: text });
const isInView = (scene: Scene, text: string) =>
  row(scene, text)
    .first()
    .evaluate((element) => {
      const box = element.closest('.log-box')?.getBoundingClientRect();
      const { top, bottom } = element.getBoundingClientRect();
      return box !== undefined && top >= box.top - 1 && bottom <= box.bottom + 1;
    });
const sees = (scene: Scene, text: string) =>
  eventually(
    `"${text}" is in view`,
    async () => (await row(scene, text).count()) > 0 && isInView(scene, text),
  );

story(
  'shows the line that failed in its context without a click, and leads to it in the log',
  async (scene) => {
    const { page, open, heading, button } = scene;
    const lines = numbered(2_000);
    lines[1_995] = `${ESC}[31;1merror${ESC}[0m: no water`;
    await create(scene, 'failed', { details: { error_message: 'no water' } });
    await post(scene, lines);
    await open('/tasks/brew');
    const around = page.locator('.log-failure');
    await around.waitFor();
    await heading('Around the failure').waitFor();
    assert.equal(await around.locator('.log-text').allTextContents(), [
      ...['line 1990', 'line 1991', 'line 1992', 'line 1993', 'line 1994'],
      ...['error: no water', 'line 1996', 'line 1997', 'line 1998', 'line 1999'],
    ]);
    assert.match((await around.locator('.log-failing').textContent()) ?? '', /Failing line: error: no water/);
    const box = await around.boundingBox();
    assert.ok(box !== null && box.y > 0 && box.y + box.height <= 900, 'all of it is on the first screen');
    assert.is(await around.locator('.sgr-1.sgr-bold, .sgr-bold.sgr-1').textContent(), 'error');
    await button('Show in the log').click();
    await sees(scene, 'error: no water');
    assert.is(await log(scene).locator('.log-failing').count(), 1);
    assert.ok(await log(scene).evaluate((element) => element.matches(':focus')));
  },
);

story(
  'follows new lines while the newest is in view, and stays where one reads',
  async (scene) => {
    const { page, open, button } = scene;
    await create(scene, 'running');
    await post(scene, numbered(50));
    await open('/tasks/brew');
    await sees(scene, 'line 49');
    await post(scene, ['the kettle boils']);
    await sees(scene, 'the kettle boils');
    // A few lines are read aloud as they are, and not before their time.
    await page.getByRole('status').filter({ hasText: 'the kettle boils' }).waitFor({ state: 'attached' });
    assert.is(await log(scene).getAttribute('aria-live'), 'off');
    await log(scene).evaluate((element) => element.scrollTo(0, 0));
    await sees(scene, 'line 0');
    await post(
      scene,
      Array.from({ length: 500 }, (_, index) => `more ${index}`),
    );
    await button('500 new lines').waitFor();
    assert.ok(await isInView(scene, 'line 0'), 'the place stays');
    await page.getByRole('status').filter({ hasText: '500 new lines' }).waitFor({ state: 'attached' });
    await button('500 new lines').click();
    await sees(scene, 'more 499');
    assert.is(await page.getByRole('button', { name: 'End', exact: true }).count(), 1);
  },
  { slow: true },
);

story(
  'goes on working where one leaves the end while it follows a flood of lines',
  async (scene) => {
    const { page, open, button } = scene;
    await create(scene, 'running');
    await post(scene, numbered(2_100));
    await open('/tasks/brew');
    await sees(scene, 'line 2099');
    // Meanwhile the log is followed once more, and that gets a full answer, at the beginning.
    await page.route(/logs\?.*after=0/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await route.continue();
    });
    const following = page.waitForResponse(/logs\?.*after=s1000\b/);
    await button('Beginning').click();
    await following;
    await sees(scene, 'line 0');
    await page.waitForTimeout(1_000);
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await sees(scene, 'line 2099');
  },
  { slow: true },
);

story(
  'remembers that it is not to follow, on the next page, too',
  async (scene) => {
    const { page, open, button } = scene;
    await create(scene, 'running');
    await post(scene, numbered(5));
    let requests = 0;
    page.on('request', (request) => {
      if (request.url().includes('/logs')) requests += 1;
    });
    await open('/tasks/brew');
    await sees(scene, 'line 4');
    assert.is(await button('Follow').getAttribute('aria-pressed'), 'true');
    await button('Follow').click();
    await open('/tasks/brew');
    await sees(scene, 'line 4');
    assert.is(await button('Follow').getAttribute('aria-pressed'), 'false');
    requests = 0;
    await post(scene, ['unseen']);
    await page.waitForTimeout(2_500);
    assert.is(requests, 0, 'nothing is requested');
    await button('Follow').click();
    await sees(scene, 'unseen');
  },
  { slow: true },
);

const folder = mkdtempSync(join(tmpdir(), 'miyabi-long-log-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'long'));
writeFileSync(join(folder, 'long', 'brew.log'), `${numbered(MANY).join('\n')}\n`);
story(
  `holds ${MANY} lines in few elements, and reaches each`,
  async (scene) => {
    const { page, open, button } = scene;
    await create(scene, 'completed', { group: 'long' });
    await open('/tasks/brew');
    await sees(scene, `line ${MANY - 1}`);
    await button('Beginning').click();
    await sees(scene, 'line 0');
    await eventually(
      'scrolling down has led to the last line',
      () =>
        page.evaluate<boolean>(`(() => {
          const box = document.querySelector('.log-box');
          box.scrollTop = box.scrollHeight;
          return box.textContent.includes('line ${MANY - 1}');
        })()`),
      90_000,
    );
    const elements = () => page.locator('.log-box *').count();
    const rows = await log(scene).evaluate((element) => {
      const height = element.querySelector('.log-row')?.getBoundingClientRect().height ?? 0;
      return Math.round((element.querySelector('.log-space')?.getBoundingClientRect().height ?? 0) / height);
    });
    assert.is(rows, MANY);
    for (const place of [0, 1, 777, 31_416, 65_536, MANY - 2, MANY - 1].filter((at) => at < MANY)) {
      await log(scene).evaluate((element, at) => {
        const height = element.querySelector('.log-row')?.getBoundingClientRect().height ?? 0;
        element.scrollTop = at * height;
      }, place);
      await sees(scene, `line ${place}`);
      assert.ok((await elements()) < 500, `${await elements()} elements`);
    }
    assert.is(await row(scene, 'line 777').count(), 0, 'what is not in view is no element');
  },
  { slow: true, server: { env: { LOG_SOURCE: 'file', MIYABI_LOG_DIR: folder } } },
);

story(
  'finds lines by keyboard: those that are here, and those that only the server has',
  async (scene) => {
    const { page, open } = scene;
    const lines = numbered(2_000);
    lines[17] = 'the first needle';
    lines[1_800] = `a nee${ESC}[32mdle${ESC}[0m <b>here</b>`;
    lines[1_990] = 'NEEDLE again';
    await create(scene, 'completed');
    await post(scene, lines);
    await open('/tasks/brew');
    await sees(scene, 'line 1999');
    const box = page.getByRole('searchbox', { name: 'Find in the log' });
    const says = (text: string) => page.locator('.log-matches', { hasText: text }).waitFor();
    await box.fill('needle');
    await sees(scene, 'NEEDLE again');
    await says('2 of 2+');
    await box.press('Shift+Enter');
    await sees(scene, 'a needle <b>here</b>');
    assert.equal(await log(scene).locator('.log-current mark').allTextContents(), ['nee', 'dle']);
    assert.is(await page.locator('.log-box b').count(), 0, 'markup is text');
    await box.press('Shift+Enter');
    await sees(scene, 'the first needle');
    await says('1 of 1+');
    await box.press('Shift+Enter');
    await says('No more matches');
    await box.press('Enter');
    await sees(scene, 'a needle <b>here</b>');
    await box.fill('no such thing');
    await says('No match');
    await box.press('Escape');
    await eventually(
      'the search ends',
      async () => (await page.locator('.log-matches').textContent()) === '',
    );
    assert.is(await box.inputValue(), '');
  },
  { slow: true },
);

story(
  'goes by keyboard to either end, and says where lines are no longer kept',
  async (scene) => {
    const { page, open } = scene;
    await create(scene, 'completed');
    await post(scene, numbered(3_000));
    await open('/tasks/brew');
    await sees(scene, 'line 2999');
    await page.getByRole('searchbox', { name: 'Find in the log' }).focus();
    for (let presses = 0; presses < 12; presses += 1) {
      if (await log(scene).evaluate((element) => element.matches(':focus'))) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Home');
    await sees(scene, 'line 0');
    await page.keyboard.press('PageDown');
    await sees(scene, 'line 30');
    // Chromium scrolls smoothly after a key, and goes on with that over a place that is set meanwhile.
    await eventually('the gap is in view', async () => {
      await log(scene).evaluate((element) => {
        element.scrollTop = 95 * (element.querySelector('.log-row')?.getBoundingClientRect().height ?? 0);
      });
      const gap = row(scene, 'lines are no longer kept');
      return (await gap.count()) > 0 && isInView(scene, 'lines are no longer kept');
    });
    await page.keyboard.press('End');
    await sees(scene, 'line 2999');
  },
  { slow: true },
);

story(
  'copies lines without their colours',
  async (scene) => {
    const { page, open } = scene;
    await create(scene, 'completed');
    await post(scene, [`${ESC}[1mbold${ESC}[0m`, 'plain']);
    await open('/tasks/brew');
    await sees(scene, 'plain');
    await page.locator('.log-bar .copy').click();
    assert.is(await page.evaluate('navigator.clipboard.readText()'), 'bold\nplain');
  },
  { slow: true, page: { permissions: ['clipboard-read', 'clipboard-write'] } },
);

const hues = Array.from({ length: 16 }, (_, index) => index);
const sgr = (codes: string, text: string) => `${ESC}[${codes}m${text}${ESC}[0m`;
for (const colorScheme of ['light', 'dark'] as const) {
  const coloured = [
    hues.map((hue) => sgr(`38;5;${hue}`, `fg${hue}`)),
    hues.map((hue) => sgr(`48;5;${hue}`, `bg${hue}`)),
    hues.map((hue) => sgr(`38;5;${16 + hue * 15}`, `cube${hue}`)),
    hues.map((hue) => sgr(`48;5;${16 + hue * 15}`, `cube${hue}`)),
    [sgr('2', 'dim'), sgr('7', 'inverse'), sgr('7;33', 'yellow'), sgr('1;38;2;255;0;255', 'pink')],
    [sgr('31', 'error: no water')],
  ].map((words) => words.join(' '));
  story(
    `axe finds nothing in a ${colorScheme} log, whatever its colours`,
    async (scene) => {
      const { page, open, findings } = scene;
      await create(scene, 'failed', { details: { error_message: 'no water' } });
      await post(scene, coloured);
      await open('/tasks/brew');
      await sees(scene, 'pink');
      await page.locator('.log-failure').waitFor();
      await page.getByRole('searchbox', { name: 'Find in the log' }).fill('cube');
      await page.locator('.log-matches', { hasText: ' of ' }).waitFor();
      assert.equal(await findings(), []);
    },
    { slow: true, page: { colorScheme } },
  );
}

slowStory('shows no log where no line of it is kept', async (scene) => {
  const { dashboard, page, open, heading } = scene;
  await create(scene, 'completed');
  await open('/tasks/brew');
  await page.waitForResponse(/\/logs/);
  await heading('History').waitFor();
  assert.is(await page.locator('.log').count(), 0);
  await dashboard.call('POST', '/api/tasks', { task_id: 'unlogged', status: 'failed' });
  page.on('request', (request) => assert.not.match(request.url(), '/logs'));
  await open('/tasks/unlogged');
  await heading('History').waitFor();
  assert.is(await page.locator('.log, .log-failure').count(), 0);
});

run();
