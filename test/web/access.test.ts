import * as assert from 'uvu/assert';
import { repeats } from '../support/suite.ts';
import { RED_INK, type Scene, stories } from './stories.ts';

const { story, slowStory, run } = stories('for whom it is');

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

/** How many pixels the page is wider than the screen. */
const excess = ({ page }: Scene) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const colourOf = ({ page }: Scene, selector: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`);

story(
  'is light or dark as the system is, and changes with it; paper is light',
  async (scene) => {
    const { page, open } = scene;
    await open();
    assert.is(await colourOf(scene, 'html'), 'rgb(20, 22, 27)');
    await page.emulateMedia({ colorScheme: 'light' });
    assert.is(await colourOf(scene, 'html'), 'rgb(250, 248, 244)');
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    assert.is(await colourOf(scene, 'html'), 'rgb(250, 248, 244)');
  },
  { slow: true, page: { colorScheme: 'dark' } },
);

story(
  'fits a phone: nothing is wider than the screen, what failed comes before what went well',
  async (scene) => {
    const { dashboard, page, teaHouse, open, heading } = scene;
    await teaHouse();
    const failed = await dashboard.taskNamed('TeaHouse-Search');
    for (const path of ['/', `/tasks/${failed}`, '/projects/kiln']) {
      await open(path);
      await heading(/./, 1).waitFor();
      await page.locator('.row, canvas').first().waitFor();
      assert.is(await excess(scene), 0, path);
    }
    await open();
    await page.locator('.row').first().waitFor();
    assert.equal(await page.locator('h2').evaluateAll((all) => all.map(({ id }) => id)), [
      'live',
      'failed',
      'done',
      'projects',
    ]);
  },
  { slow: true, page: PHONE },
);

for (const [where, page] of [
  ['on a phone', PHONE],
  ['on a desk', {}],
] as const) {
  story(
    `keeps names of any length within their places, ${where}`,
    async (scene) => {
      const { dashboard, open, heading, textOf } = scene;
      const word = 'Z'.repeat(90);
      const { call } = dashboard;
      await call('POST', '/api/projects', { project_id: word, project_name: `Long ${word}`, owner: word });
      const task = (task_id: string, more: object) =>
        call('POST', '/api/tasks', { task_id, project_id: word, task_name: `${task_id} ${word}`, ...more });
      const details = { phase: word, error_message: word, failed_resources: [word, `${word}2`] };
      await task('one', { status: 'blocked', details, labels: { long: word }, metadata: { long: word } });
      await task('two', { status: 'failed', details });
      await task('three', { status: 'completed' });
      for (const path of ['/', '/tasks/one', '/tasks/two', `/projects/${word}`]) {
        await open(path);
        await heading(/./, 1).waitFor();
        await scene.page.locator('.row, .plot').first().waitFor();
        assert.is(await excess(scene), 0, path);
      }
      await open();
      await scene.page.locator('[data-task="one"]').waitFor();
      assert.match(await textOf('[data-task="one"] .row-foot'), /^Blocked/);
      const foot = await scene.page.locator('[data-task="one"] .row-foot').boundingBox();
      for (const part of ['.word-blocked', '.phase', '.in-project']) {
        const box = await scene.page.locator(`[data-task="one"] ${part}`).boundingBox();
        assert.ok(box !== null && box.width > 20, `${part} is there to be seen`);
        assert.ok(foot !== null && box.x + box.width <= foot.x + foot.width + 1, `${part} is not cut off`);
      }
    },
    { page, slow: true },
  );
}

story(
  'speaks Japanese to a Japanese browser, and English on request, for good',
  async ({ page, reportTask, open, heading, button }) => {
    await reportTask('brew', 2);
    await open();
    await heading('1件が進行中').waitFor();
    assert.is(await page.evaluate('document.documentElement.lang'), 'ja');
    await button('English').click();
    await heading('1 task is running').waitFor();
    await page.reload();
    await heading('1 task is running').waitFor();
    assert.is(await page.evaluate('document.documentElement.lang'), 'en');
  },
  { slow: true, page: { locale: 'ja-JP' } },
);

slowStory(
  "tells times in the reader's own zone and way",
  async ({ dashboard, page, open }) => {
    await dashboard.log('brew', [
      { at: Date.parse('2026-01-02T20:30:00Z'), text: '{"task_id":"brew","status":"completed"}' },
    ]);
    await open('/tasks/brew');
    await page.locator('time', { hasText: '1月3日 05:30' }).first().waitFor();
  },
  { page: { locale: 'ja-JP', timezoneId: 'Asia/Tokyo' } },
);

story(
  'draws the plot again in the colours of paper when it is printed',
  async ({ page, reportTask, open, until }) => {
    await reportTask('brew', 4, { status: 'failed' });
    await open('/tasks/brew');
    await page.locator('.plot canvas').waitFor();
    assert.is(await page.evaluate<number>(RED_INK), 0, 'the red of a dark page is a light one');
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    await until(`${RED_INK} > 20`);
  },
  { slow: true, page: { colorScheme: 'dark' } },
);

story(
  'is used by keyboard alone',
  async ({ page, reportTask, open, bar, heading }) => {
    await reportTask('brew', 2);
    await reportTask('bake', 3);
    await open();
    await bar('brew').waitFor();
    const focused = () =>
      page.evaluate<string>('document.activeElement.id || document.activeElement.textContent.trim()');
    await page.keyboard.press('Tab');
    assert.is(await focused(), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.is(await focused(), 'main');
    await page.keyboard.press('/');
    assert.is(await focused(), 'q');
    await page.keyboard.type('brew');
    await page.waitForURL('**/?q=brew');
    const seen: string[] = [];
    for (let step = 0; step < 10 && seen.at(-1) !== 'brew'; step += 1) {
      await page.keyboard.press('Tab');
      seen.push(await focused());
    }
    assert.equal(seen.slice(0, 3), ['status', 'project_id', 'task_type']);
    const ring = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    assert.is(ring, 'solid', 'what has the focus shows it');
    await page.keyboard.press('Enter');
    await heading('brew', 1).waitFor();
    assert.is(await focused(), 'main', 'the focus is at the new page');
    await page.keyboard.press('/');
    await page.locator('#q:focus').waitFor();
    await page.keyboard.type('bake');
    await page.waitForURL('**/?q=bake');
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/$/);
  },
  { slow: true },
);

slowStory(
  "shows bars in the reader's own colours where the system forces them",
  async (scene) => {
    await scene.reportTask('brew', 5);
    await scene.open();
    await scene.bar('brew').waitFor();
    const paper = await colourOf(scene, 'body');
    assert.is.not(await colourOf(scene, '.bar-ink'), paper);
    assert.is.not(await colourOf(scene, '.bar-ink'), 'rgba(0, 0, 0, 0)');
    const [ink] = await scene.page.evaluate<string[]>(
      "(() => { const probe = document.createElement('i'); probe.style.color = 'Highlight'; document.body.append(probe); return [getComputedStyle(probe).color]; })()",
    );
    assert.is(await colourOf(scene, '.bar-ink'), ink);
  },
  { page: { forcedColors: 'active' } },
);

story(
  'moves nothing where motion is not wanted',
  async ({ dashboard, page, open, bar }) => {
    await dashboard.call('POST', '/api/tasks', { task_name: 'unknown', status: 'running' });
    await open();
    await bar('unknown').waitFor();
    assert.equal(await page.evaluate('document.getAnimations().length'), 0);
  },
  { slow: true, page: { reducedMotion: 'reduce' } },
);

for (const colorScheme of ['light', 'dark'] as const) {
  story(
    `has nothing that axe-core objects to, ${colorScheme}`,
    async ({ dashboard, page, teaHouse, open, heading, findings }) => {
      await open();
      await heading('No tasks yet').waitFor();
      assert.equal(await findings(), []);
      await teaHouse();
      const failed = await dashboard.taskNamed('TeaHouse-Search');
      const paths = ['/', `/tasks/${failed}`, '/?q=nothing', '/tasks/agent-brew-7', '/projects/kiln'];
      for (const path of paths.slice(0, repeats({ few: 2, all: paths.length }))) {
        await open(path);
        await heading(/./, 1).waitFor();
        await page.locator('.row, canvas, .page-state').first().waitFor();
        assert.equal(await findings(), [], path);
      }
    },
    { slow: colorScheme === 'dark', page: { colorScheme } },
  );
}

run();
