import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { serve } from '../../src/entrypoints/local/serve.ts';
import { openApi } from '../support/api.ts';
import { MIYABI, run } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite('miyabi badge');

test('prints a link that shows the task or the project, and says what is missing', async () => {
  const api = await openApi();
  const listening = await serve(api.app, { host: '127.0.0.1', port: 0, logger: memoryLogger() });
  try {
    await api.projects.create({ project_id: 'shop', project_name: 'Shop' });
    await api.tasks.create({ task_id: 't', task_name: 'Build', project_id: 'shop', status: 'running' });
    const miyabi = (...args: readonly string[]) =>
      run([...MIYABI, 'badge', ...args], { env: { MIYABI_URL: listening.url } });
    const titleAt = async (url = '') => /<title>(.*)<\/title>/.exec(await (await fetch(url)).text())?.[1];

    const markdown = /^!\[Build\]\((\S+)\)\n$/.exec((await miyabi('task', 't')).stdout);
    assert.is(await titleAt(markdown?.[1]), 'Build: running');
    const html = await miyabi('project', 'shop', '--html', '--style', 'bar');
    const source = /^<img src="(\S+)" alt="Shop">\n$/.exec(html.stdout)?.[1]?.replaceAll('&amp;', '&');
    assert.match(source ?? '', /[?&]style=bar/);
    assert.is(await titleAt(source), 'Shop: running');
    const json = JSON.parse((await miyabi('task', 't', '--json', '--url', 'https://miyabi.example')).stdout);
    assert.equal(Object.keys(json), ['url', 'markdown', 'html']);
    assert.match(json.url, 'https://miyabi.example/badge/task/t.svg?sig=');

    assert.equal((await miyabi('task', 'missing')).code, 3);
    const wrong = await miyabi('key', 'k');
    assert.equal([wrong.code, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, 'Allowed choices are task, project');
  } finally {
    await listening.close(0);
    await api.close();
  }
});

test.run();
