import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Scope } from '../../src/domain/api-keys.ts';
import { type Scene, stories } from './stories.ts';

const { story, slowStory, run } = stories('sign-in');

const KEY = 'a-key-of-the-tea-house';
const READER = 'a-key-of-a-guest';

const hashed = (key: string) => createHash('sha256').update(key).digest('hex');
const keyed = (key: string, scope: Scope, project_id?: string) => ({
  hash: hashed(key),
  scope,
  ...(project_id === undefined ? {} : { project_id }),
});

const signInWith = async ({ page, button }: Scene, key: string): Promise<void> => {
  await page.getByLabel('API key').fill(key);
  await button('Sign in').click();
};

story(
  'asks for a key where the server wants one, keeps it for the tab, and forgets it on request',
  async ({ page, reportTask, open, bar, button }) => {
    await reportTask('brew', 2);
    await open();
    const field = page.getByLabel('API key');
    await field.fill('another');
    await field.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'does not accept this key' }).waitFor();
    await field.fill(KEY);
    await button('Sign in').click();
    await bar('brew').waitFor();
    await page.reload();
    await bar('brew').waitFor();
    assert.equal(await page.evaluate('Object.keys(localStorage)'), []);
    await button('Sign out').click();
    await field.waitFor();
    assert.is(await page.getByRole('progressbar').count(), 0);
    assert.equal(await page.evaluate('Object.keys(sessionStorage)'), []);
  },
  { complaints: 'network', server: { key: KEY } },
);

story(
  'leaves a refused key in its field, to be corrected, and stores it nowhere',
  async (scene) => {
    const { page, open } = scene;
    await open();
    await signInWith(scene, 'a-key-of-the-tea-hose');
    await page.getByRole('alert').filter({ hasText: 'does not accept this key' }).waitFor();
    assert.is(await page.getByLabel('API key').inputValue(), 'a-key-of-the-tea-hose');
    assert.equal(await page.evaluate('Object.keys(sessionStorage)'), []);
  },
  { slow: true, complaints: 'network', server: { key: KEY } },
);

story(
  'asks again when a key is no longer good, and shows nothing meanwhile',
  async (scene) => {
    const { page, reportTask, open, bar } = scene;
    await reportTask('brew', 2);
    await open();
    await signInWith(scene, KEY);
    await bar('brew').waitFor();
    await page.route('**/api/**', (route) => route.fulfill({ status: 401, json: { error: 'Unauthorized' } }));
    await scene.dashboard.stop();
    await scene.dashboard.start();
    await page.getByRole('alert').filter({ hasText: 'does not accept this key' }).waitFor();
    assert.is(await page.getByRole('progressbar').count(), 0);
  },
  { slow: true, complaints: 'network', server: { key: KEY } },
);

slowStory(
  'shows a key that only reads one project that project, and nothing that it may not do',
  async (scene) => {
    const { dashboard, page, reportTask, open, bar, heading } = scene;
    await dashboard.call('POST', '/api/projects', { project_id: 'tea', project_name: 'Tea' });
    await dashboard.log(
      'stream',
      [{ at: Date.now(), text: '{"task_id":"pour","progress":{"current":1,"total":2}}' }],
      'tea',
    );
    await dashboard.call('POST', '/api/projects/tea/webhooks', { url: 'https://example.org/hook' });
    await reportTask('brew', 2);
    await open();
    await signInWith(scene, READER);
    await bar('pour').waitFor();
    assert.is(await page.getByRole('progressbar').count(), 1);
    await page.getByRole('link', { name: 'Tea' }).first().click();
    await heading('Tea', 1).waitFor();
    await heading('Webhooks').waitFor();
    assert.is(await page.locator('.webhooks button').count(), 0);
    await open('/tasks/brew');
    await heading('There is no such task').waitFor();
  },
  {
    complaints: 'network',
    server: { key: KEY, options: { apiKeys: [keyed(KEY, 'admin'), keyed(READER, 'read', 'tea')] } },
  },
);

run();
