import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { eventually } from '../support/server.ts';
import { type Scene, stories } from './stories.ts';

const { story, run } = stories('project');

/** A project with so many completed tasks. */
const opened = async ({ dashboard, open, heading }: Scene, completed: number): Promise<void> => {
  await dashboard.call('POST', '/api/projects', { project_id: 'tea', project_name: 'Tea' });
  for (let index = 0; index < completed; index += 1)
    await dashboard.call('POST', '/api/tasks', { project_id: 'tea', status: 'completed' });
  await open('/projects/tea');
  await heading('Tea', 1).waitFor();
};

story('opens a project: metrics, durations and tasks', async ({ page, teaHouse, open, heading, textOf }) => {
  await teaHouse();
  await open('/projects/kiln');
  await heading('Kiln', 1).waitFor();
  assert.match(await textOf('.figures'), /Success rate86%.*Completed30Failed5/s);
  await page.getByText('30 completed tasks; half took at most').waitFor();
  assert.ok((await page.locator('.histogram-bar').count()) > 3);
  await page
    .getByRole('img', { name: /^Plot of the durations/ })
    .locator('canvas')
    .waitFor();
  assert.is(await page.getByRole('progressbar').count(), 3);
});

story(
  'says so where no task has completed, and makes do with one',
  async (scene) => {
    const { dashboard, page } = scene;
    await opened(scene, 0);
    await page.getByText('No task of this project has completed yet.').waitFor();
    assert.is(await page.locator('.histogram-bar, .plot').count(), 0);
    await dashboard.call('POST', '/api/tasks', { project_id: 'tea', task_id: 'one' });
    await dashboard.call('PATCH', '/api/tasks/one', { status: 'running' });
    await dashboard.call('PATCH', '/api/tasks/one', { status: 'completed' });
    await page.getByText('1 completed task; half took at most').waitFor();
    assert.is(await page.locator('.histogram-bar').count(), 1);
  },
  { slow: true },
);

story(
  'calls nothing a hundred percent that is not all',
  async (scene) => {
    const { page } = scene;
    await page.route('**/api/projects/tea', async (route) => {
      const answer = await route.fetch();
      const project = await answer.json();
      await route.fulfill({
        response: answer,
        json: { ...project, version: 99, metrics: { ...project.metrics, success_rate: 0.998 } },
      });
    });
    await opened(scene, 0);
    await page.locator('.figures', { hasText: 'Success rate99%' }).waitFor();
  },
  { slow: true },
);

story(
  'shows the webhooks of a project and their results, without findings of axe-core',
  async (scene) => {
    const { dashboard, page, findings } = scene;
    const { call } = dashboard;
    await opened(scene, 0);
    await page.getByText('No messages are sent when a task of this project ends.').waitFor();
    const hook = (url: string, active: boolean) =>
      call('POST', '/api/projects/tea/webhooks', { url, active });
    await hook('https://one.example.org/token', true);
    await hook('https://two.example.org:8443/token', false);
    await page.reload();
    const section = page.locator('.webhooks', { has: page.locator('dl') });
    await section.waitFor();
    const text = (await section.textContent()) ?? '';
    assert.match(text, /one\.example\.orgNothing sent yetTestChangetwo\.example\.org:8443Switched offChange/);
    assert.not.match(text, 'token');
    assert.equal(await findings(), []);
  },
  { slow: true },
);

/** A receiver on this machine, and the messages that it got. */
const openReceiver = async () => {
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push(body);
      response.writeHead(204).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  // It listens on a port.
  const { port } = receiver.address() as AddressInfo;
  return {
    ...{ host: `127.0.0.1:${port}`, received },
    close: () => {
      receiver.closeAllConnections();
      receiver.close();
    },
  };
};

for (const [where, page, colorScheme] of [
  ['light, on a desk', { width: 1280, height: 900 }, 'light'],
  ['dark, on a phone', { width: 360, height: 740 }, 'dark'],
] as const) {
  story(
    `adds a webhook, shows its secret once, tests, changes and deletes it; ${where}`,
    async (scene) => {
      const { dashboard, page, button, heading, findings } = scene;
      const { host, received, close } = await openReceiver();
      try {
        await opened(scene, 0);
        const stored = async () =>
          (await dashboard.call('GET', '/api/projects/tea/webhooks')).json.webhooks as Record<
            string,
            unknown
          >[];
        await button('Add a webhook').click();
        await page.getByLabel('URL').fill(`http://${host}/hook`);
        await page.getByLabel('Format').selectOption({ label: 'Slack' });
        await page.getByLabel('completes').uncheck();
        assert.equal(await findings(), [], 'the form');
        const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
        assert.is(await page.evaluate(wide), 0, 'nothing is wider than the screen');
        await page.getByLabel('URL').press('Enter');
        await heading('Secret, shown only now').waitFor();
        assert.match((await page.locator('.webhook-form code').textContent()) ?? '', /^whsec_/);
        assert.equal(await findings(), [], 'the secret');
        await button('Close').click();
        assert.not.match(await page.content(), 'whsec_');
        const [added] = await stored();
        assert.equal(
          [added?.['url'], added?.['format'], added?.['events']],
          [`http://${host}/hook`, 'slack', ['task.failed', 'task.stale']],
        );

        await button(`Send a test message to ${host}`).click();
        await page.getByText('Test message on its way').waitFor();
        await eventually(async () => {
          await dashboard.sendWebhooks();
          return received.length > 0 ? true : undefined;
        });
        await page.locator('.webhooks dd', { hasText: 'Delivered' }).waitFor();
        assert.match(received[0] ?? '', /"blocks":.*Test message of Miyabi Progress/);

        await button(`Change the webhook to ${host}`).click();
        await page.getByLabel('Format').selectOption({ label: 'JSON for programs' });
        await page.getByLabel('Active').uncheck();
        await button('Save').click();
        await page.locator('.webhooks dd', { hasText: 'Switched off' }).waitFor();
        const [changed] = await stored();
        assert.equal([changed?.['format'], changed?.['active']], ['generic', false]);

        await button(`Change the webhook to ${host}`).click();
        await button('Delete').click();
        assert.is((await stored()).length, 1, 'it asks once more');
        await button('Delete for good').click();
        await page.getByText('No messages are sent').waitFor();
        assert.equal(await stored(), []);
        await page.locator('[data-opens="new"]:focus').waitFor();
      } finally {
        close();
      }
    },
    {
      page: { viewport: page, colorScheme },
      server: { env: { WEBHOOK_ALLOW: '127.0.0.1' } },
      slow: true,
    },
  );
}

story(
  'shows why a webhook is refused, and keeps what was typed',
  async (scene) => {
    const { page, button } = scene;
    await opened(scene, 0);
    await button('Add a webhook').click();
    const url = page.getByLabel('URL');
    await url.fill('https://10.0.0.1/hook');
    await button('Save').click();
    await page.getByRole('alert').waitFor();
    assert.match((await page.getByRole('alert').textContent()) ?? '', /private, loopback or reserved/);
    assert.is(await url.inputValue(), 'https://10.0.0.1/hook');
    for (const event of ['completes', 'fails', 'goes stale']) await page.getByLabel(event).uncheck();
    await button('Save').click();
    await page.getByText('Choose at least one event.').waitFor();
    await url.press('Escape');
    await page.locator('[data-opens="new"]:focus').waitFor();
    assert.is(await page.locator('.webhook-form').count(), 0);
  },
  { slow: true, complaints: 'network' },
);

story(
  'says that a project is gone which is deleted while one looks at it',
  async (scene) => {
    await opened(scene, 0);
    await scene.page.getByText('Live').waitFor();
    await scene.dashboard.call('DELETE', '/api/projects/tea');
    await scene.heading('There is no such project').waitFor();
  },
  { slow: true, complaints: 'network' },
);

run();
