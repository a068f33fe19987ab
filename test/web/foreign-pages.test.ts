import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import * as assert from 'uvu/assert';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { needs, shared, suite } from '../support/suite.ts';

const test = suite('Foreign pages in Chromium, without keys');
const inChromium = needs(test, chromiumPath !== undefined, 'Chromium is not installed');

const chromium = shared('Chromium', openBrowser, (opened) => opened.close());

/** A foreign page, on its own port. */
const foreignServer = async () => {
  const server = createServer((_incoming, outgoing) => {
    outgoing.setHeader('content-type', 'text/html').end('<!doctype html><title>foreign</title><p>foreign');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise<unknown>((resolve) => server.close(resolve)) };
};

const withServer =
  (run: (server: RunningServer, browser: Browser, foreignPort: number) => Promise<void>) => async () => {
    const server = await startServer({ MIYABI_BACKEND: 'memory' });
    const foreign = await foreignServer();
    try {
      await run(server, await chromium(), foreign.port);
    } finally {
      await foreign.close();
      server.process.kill('SIGTERM');
      await server.ended;
    }
  };

/** The attempts of a foreign page, as text: code for the browser must not be transformed for Node. */
const attemptsAt = (url: string): string => `(async () => {
  const attempt = async (path, init) => {
    try {
      const answer = await fetch('${url}' + path, init);
      return answer.type + ' ' + answer.status;
    } catch {
      return 'blocked';
    }
  };
  // Without a media type, a blob is sent without one, and the browser asks for no permission first.
  const post = (text) => ({ method: 'POST', mode: 'no-cors', body: new Blob([text]) });
  return [
    await attempt('/api/projects/shop/webhooks', post('{"url":"https://elsewhere.example/hook"}')),
    await attempt('/api/tasks', post('{"task_id":"theirs"}')),
    await attempt('/api/logs/text?log_group=g&log_stream=s&offset=0', {
      method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{"task_id":"logged","current":1,"total":2}\\n',
    }),
    await attempt('/api/tasks/mine', { method: 'DELETE' }),
    await attempt('/api/tasks', {}),
  ];
})()`;

const taskIds = async (url: string): Promise<readonly string[]> => {
  const { tasks } = (await (await fetch(`${url}/api/tasks`)).json()) as { tasks: { task_id: string }[] };
  return tasks.map(({ task_id: id }) => id);
};

inChromium(
  'a page of another site, or of another port, changes and reads nothing',
  withServer(async ({ url }, browser, foreignPort) => {
    await fetch(`${url}/api/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"task_id":"mine","project_id":"shop"}',
    });
    for (const origin of [`http://localhost:${foreignPort}`, `http://127.0.0.1:${foreignPort}`]) {
      const { page, close } = await openPage(browser);
      await page.goto(origin);
      const statuses = await page.evaluate<readonly string[]>(attemptsAt(url));
      assert.equal(statuses.slice(3), ['blocked', 'blocked'], origin);
      assert.equal(await taskIds(url), ['mine'], `${origin} ${statuses.join(', ')}`);
      const hooks = await fetch(`${url}/api/projects/shop/webhooks`);
      assert.equal(((await hooks.json()) as { webhooks: unknown[] }).webhooks, []);
      await close();
    }
  }),
);

inChromium(
  'a name that was rebound to this machine reads and deletes nothing',
  withServer(async ({ url }, browser) => {
    await fetch(`${url}/api/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"task_id":"mine"}',
    });
    const { page, close } = await openPage(browser);
    await page.goto(`http://page.rebound.test:${new URL(url).port}/`);
    const answers = await page.evaluate(async () => {
      const read = await fetch('/api/tasks');
      const removed = await fetch('/api/tasks/mine', { method: 'DELETE' });
      return [read.status, await read.text(), removed.status] as const;
    });
    assert.is(answers[0], 403);
    assert.match(answers[1], /MIYABI_ALLOWED_HOSTS/);
    assert.is(answers[2], 403);
    assert.equal(await taskIds(url), ['mine']);
    await close();
  }),
  { slow: true },
);

inChromium(
  'the page of the server works, also when a link from another site leads to it',
  withServer(async ({ url }, browser, foreignPort) => {
    const { page, close } = await openPage(browser);
    await page.goto(`http://localhost:${foreignPort}`);
    await page.setContent(`<a href="${url}/docs">open</a>`);
    await page.click('a');
    await page.waitForURL(`${url}/docs`);
    assert.match(await page.title(), /Miyabi/);
    await page.goto(`${url}/`);
    const status = await page.evaluate<number>(
      `fetch('/api/tasks', {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"task_id":"own"}',
        }).then((answer) => answer.status)`,
    );
    assert.is(status, 201);
    await close();
  }),
  { slow: true },
);

test.run();
