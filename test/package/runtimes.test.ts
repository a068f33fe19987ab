// The client where programs use it: Node, Deno, Bun and a browser, each with the package as npm installs it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as assert from 'uvu/assert';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { run } from '../support/cli.ts';
import { installed } from '../support/packed.ts';
import { startServer } from '../support/server.ts';
import { needs, suite } from '../support/suite.ts';

const test = suite('the client on other runtimes');
const OPTIONS = { timeoutMs: 600_000, slow: true };

/** A program's path by its variable, else its name if it runs. */
const found = (variable: string, name: string): string | undefined =>
  process.env[variable] ?? (spawnSync(name, ['--version']).status === 0 ? name : undefined);

const deno = found('DENO', 'deno');
const bun = found('BUN', 'bun');

/** Runs a task with a part and a loop, fails another, watches a third to its end, and prints what came of them. */
const WORK = `
  const states = [];
  const watched = await miyabi.request('POST /api/tasks', { body: { task_name: 'Watched' } });
  const watching = (async () => {
    for await (const task of miyabi.watch(watched.task_id)) states.push(task.status);
  })();
  let id;
  const result = await miyabi.task('Work', async (t) => {
    id = t.task_id;
    let sum = 0;
    for await (const n of t.each([1, 2, 3])) sum += await t.task('Part', () => n);
    return sum;
  });
  const failed = await miyabi.task('Fails', () => { throw new Error('as it should'); }).catch((e) => e.message);
  await miyabi.request('POST /api/tasks/{task_id}/progress', { path: watched, body: { status: 'completed' } });
  await watching;
  const { status, progress } = await miyabi.request('GET /api/tasks/{task_id}', { path: { task_id: id } });
  const outcome = { result, failed, status, current: progress.current, last: states.at(-1) };
`;
const EXPECTED = { result: 6, failed: 'as it should', status: 'completed', current: 3, last: 'completed' };

const withServer = async (act: (url: string) => Promise<unknown>): Promise<void> => {
  const server = await startServer({ MIYABI_BACKEND: 'memory' });
  try {
    assert.equal(await act(server.url), EXPECTED);
  } finally {
    server.process.kill();
    await server.ended;
  }
};

/** The program takes the server's address from its environment. */
const runs = (command: readonly string[]) => () =>
  withServer(async (url) => {
    const folder = await installed();
    const file = folder.file(
      'work.mjs',
      `import { connect } from 'miyabi-progress/client';\nconst miyabi = connect();\n${WORK}\nconsole.log(JSON.stringify(outcome));\n`,
    );
    const ran = await run([...command, file], { env: { MIYABI_URL: url, HOME: folder.path } });
    assert.is(ran.code, 0, ran.stderr);
    return JSON.parse(ran.stdout);
  });

test('runs and watches tasks on Node', runs([process.execPath]), OPTIONS);

needs(test, deno !== undefined, 'deno is not on the PATH')(
  'runs and watches tasks on Deno',
  runs([deno ?? '', 'run', '--quiet', '--no-prompt', '--allow-net', '--allow-env', '--allow-read']),
  OPTIONS,
);

needs(test, bun !== undefined, 'bun is not on the PATH')(
  'runs and watches tasks on Bun',
  runs([bun ?? '']),
  OPTIONS,
);

needs(test, chromiumPath !== undefined, 'there is no Chromium here')(
  'runs and watches tasks in a browser, on the server that the page is from',
  () =>
    withServer(async (url) => {
      const { path } = await installed();
      const { outputFiles } = await build({
        entryPoints: [join(path, 'node_modules/miyabi-progress/dist/client/index.js')],
        ...{ bundle: true, write: false, format: 'iife', globalName: 'client', platform: 'browser' },
      });
      const browser = await openBrowser();
      try {
        const { page } = await openPage(browser);
        await page.goto(`${url}/health`);
        return await page.evaluate(
          `(async () => { ${outputFiles[0]?.text}\nconst miyabi = client.connect();\n${WORK}\nreturn outcome; })()`,
        );
      } finally {
        await browser.close();
      }
    }),
  OPTIONS,
);

test.run();
