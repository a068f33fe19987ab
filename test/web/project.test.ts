import * as assert from 'uvu/assert';
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

story('shows the webhooks of a project and their results, without findings of axe-core', async (scene) => {
  const { dashboard, page, heading, findings } = scene;
  const { call } = dashboard;
  await opened(scene, 0);
  assert.is(await heading('Webhooks').count(), 0);
  const hook = (url: string, active: boolean) => call('POST', '/api/projects/tea/webhooks', { url, active });
  await hook('https://one.example.org/token', true);
  await hook('https://two.example.org:8443/token', false);
  await page.reload();
  const section = page.locator('.facts', { has: heading('Webhooks') });
  await section.waitFor();
  const text = (await section.textContent()) ?? '';
  assert.match(text, /one\.example\.orgNothing sent yettwo\.example\.org:8443Switched off/);
  assert.not.match(text, 'token');
  assert.equal(await findings(), []);
});

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
