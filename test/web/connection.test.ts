import * as assert from 'uvu/assert';
import { stories } from './stories.ts';

const { story, slowStory, run } = stories('connection');

story(
  'says that the server is gone, keeps what it knows, and catches up when it is back',
  async ({ dashboard, page, reportTask, open, bar, sees }) => {
    await reportTask('brew', 2);
    await open();
    await page.getByText('Live').waitFor();
    await dashboard.stop();
    await page.getByText('Connection lost').waitFor();
    await page.getByText('The server does not answer.').waitFor();
    assert.is(await bar('brew').getAttribute('aria-valuenow'), '20');
    const reported = await page.getByRole('status').filter({ hasText: /./ }).allTextContents();
    assert.equal(reported, ['Connection lost'], 'it is announced once, and not how the time goes by');
    await reportTask('brew', 9);
    await dashboard.start();
    await sees(90);
    await page.getByText('Live').waitFor();
    assert.is(await page.getByText('The server does not answer.').count(), 0);
  },
  { complaints: 'network' },
);

story(
  'tells what is wrong where the server answers but cannot help, and comes alive when it can',
  async ({ page, open, heading }) => {
    await page.route('**/api/tasks?*', (route) =>
      route.fulfill({ status: 503, json: { error: 'A backend is not available' } }),
    );
    await open();
    await heading('The server cannot answer right now').waitFor();
    assert.ok(await page.getByText('It says: A backend is not available.').isVisible());
    await page.unroute('**/api/tasks?*');
    await heading('No tasks yet').waitFor();
  },
  { slow: true, complaints: 'network' },
);

story(
  'asks every few seconds where there is no stream',
  async ({ page, reportTask, open, sees }) => {
    await reportTask('brew', 2);
    await open();
    await page.getByText('Every few seconds').waitFor();
    await reportTask('brew', 8);
    await sees(80);
  },
  {
    slow: true,
    complaints: 'network',
    server: {
      wrap: (app) => async (request) =>
        request.path === '/api/events'
          ? { status: 404, headers: { 'content-type': 'application/json' }, body: '{"error":"Not Found"}' }
          : app(request),
    },
  },
);

story(
  'continues if a stream ends after each answer, as with a gateway that cannot keep one open',
  async ({ page, reportTask, open, sees }) => {
    await reportTask('brew', 2);
    await open();
    await page.getByText('Every few seconds').waitFor();
    await reportTask('brew', 8);
    await sees(80);
    assert.ok(await page.getByText('Every few seconds').isVisible());
  },
  { slow: true, server: { options: { streaming: false } } },
);

slowStory(
  'forgets what another server in the place of the first does not know',
  async ({ dashboard, page, reportTask, open, sees }) => {
    for (const current of [1, 2, 3]) await reportTask('brew', current);
    await reportTask('bake', 4, { status: 'failed' });
    await open();
    await page.locator('[data-task="bake"]').waitFor();
    await dashboard.replace();
    await reportTask('brew', 1);
    await sees(10);
    assert.is(await page.locator('[data-task="bake"]').count(), 0);
  },
  { complaints: 'network' },
);

story(
  'says of a task that another server does not know that it is gone, and shows it when it comes',
  async ({ dashboard, page, reportTask, open, heading }) => {
    await reportTask('brew', 3, { status: 'failed' });
    await open('/tasks/brew');
    await page.getByText('Live').waitFor();
    await dashboard.replace();
    await heading('There is no such task').waitFor();
    await reportTask('brew', 1);
    await page.locator('.task-figure', { hasText: '10%' }).waitFor();
  },
  { slow: true, complaints: 'network' },
);

story(
  'asks more seldom out of sight, and at once when it is looked at again',
  async ({ page, reportTask, open, look, named, sees }) => {
    const requested: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/api/events')) requested.push(request.url());
    });
    // A separate call, there and back: by then every earlier request of the page was sent.
    const flush = () => page.evaluate('fetch("/health").then((answer) => answer.text())');
    await page.clock.install();
    await reportTask('brew', 2);
    await open();
    await sees(20);
    await page.getByText('Every few seconds').waitFor();
    await look(false);
    await page.clock.fastForward(3_000);
    await flush();
    requested.length = 0;
    await page.clock.fastForward(8_000);
    await flush();
    assert.equal(requested, []);
    await reportTask('bake', 3);
    await page.clock.fastForward(8_000);
    await named('2 running · Miyabi');
    await reportTask('brew', 7);
    await look(true);
    await sees(70);
  },
  { slow: true, server: { options: { streaming: false } } },
);

story(
  'gives its stream back out of sight, so that any number of tabs can be open',
  async (scene) => {
    const { dashboard, page, reportTask, look, named, sees } = scene;
    const context = page.context();
    await reportTask('brew', 2);
    // A browser has six connections to a server of HTTP/1.1: the seventh tab would wait for ever.
    const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()));
    for (const tab of [page, ...tabs]) {
      await tab.clock.install();
      await tab.goto(dashboard.url);
      await tab.getByText('Live').waitFor();
      await tab.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }); document.dispatchEvent(new Event('visibilitychange'))",
      );
      await tab.clock.fastForward(6_000);
    }
    const seventh = await context.newPage();
    await seventh.goto(dashboard.url);
    await seventh.getByRole('progressbar', { name: 'brew' }).waitFor();
    await seventh.close();
    await named('1 running · Miyabi');
    await reportTask('bake', 3);
    await page.clock.fastForward(16_000);
    await named('2 running · Miyabi');
    await reportTask('brew', 7);
    await look(true);
    await sees(70);
    await page.getByText('Live').waitFor();
  },
  { slow: true },
);

run();
