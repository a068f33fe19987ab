// The package as its users have it: packed, installed from the tarball in an empty folder, and driven from there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sourceOf } from '../../scripts/package-files.ts';
import { until } from '../support/cli.ts';
import { installed, packed, ROOT, serving, succeeds } from '../support/packed.ts';
import { suite } from '../support/suite.ts';

const test = suite('The installed package');
/** What .ci/run tries on every version of Node. */
const inUse = suite('The installed package in use');
/** Packing and installing take half a minute, so that only .ci/run does it. */
const OPTIONS = { timeoutMs: 600_000, slow: true };
const slow = (title: string, run: () => unknown): void => test(title, run, OPTIONS);
const works = (title: string, run: () => unknown): void => inUse(title, run, OPTIONS);

const program = (name: string): string => join(ROOT, 'node_modules/.bin', name);

test('has its command under its own name too, for npx', () => {
  const manifest = createRequire(import.meta.url)('../../package.json') as {
    // As npm reads it.
    bin: Readonly<Record<string, string>>;
  };
  assert.equal(Object.keys(manifest.bin), ['miyabi', 'miyabi-progress']);
  for (const file of Object.values(manifest.bin)) assert.ok(existsSync(join(ROOT, sourceOf(file))), file);
});

slow('contains what runs, and neither sources nor maps nor the deployment', async () => {
  const { files } = await packed();
  for (const file of ['dist/entrypoints/cli.js', 'dist/client/index.d.ts', 'dist/web/index.html', 'LICENSE'])
    assert.ok(files.includes(file), file);
  const kinds =
    /^(dist\/.*\.(js|d\.ts|html|css|svg|woff2|txt|md)|dist\/cdk\/functions\.br|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
  assert.equal(
    files.filter((file) => !kinds.test(file) || file.startsWith('dist/lambda/')),
    [],
  );
});

slow('satisfies publint and arethetypeswrong', async () => {
  const { tarball } = await packed();
  const lint = spawnSync(program('publint'), ['run', tarball, '--strict'], { encoding: 'utf8' });
  assert.is(lint.status, 0, lint.stdout + lint.stderr);
  // Node's older resolution has no exports, and the package no CommonJS: both are meant.
  const types = spawnSync(program('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], {
    encoding: 'utf8',
  });
  assert.is(types.status, 0, types.stdout + types.stderr);
});

works('is found by npx under its own name, and under the name of its command', async () => {
  const { shell, path } = await installed();
  const { version } = createRequire(join(path, 'x'))('miyabi-progress/package.json') as { version: string };
  for (const name of ['miyabi-progress', 'miyabi']) {
    const { stdout } = succeeds(await shell(`npx ${name} --version`), name);
    assert.is(stdout.trim(), version);
  }
});

works('reads a log without a server', async () => {
  const { shell } = await installed();
  const { stdout } = succeeds(
    await shell("printf 'Step 1/2 : FROM node\\nStep 2/2 : RUN true\\n' | npx miyabi parse"),
    'parse',
  );
  assert.match(stdout, /"total":2/);
});

works('wraps a command, shows it on its own server, and stops at Ctrl-C', async () => {
  const folder = await installed();
  const { shell } = folder;
  const { url, printed, stop } = await serving(folder);
  try {
    await until('the greeting', () => printed().includes('then npx miyabi-progress serve --demo\n'));
    const wrapped = await shell(
      "npx miyabi-progress run --project tea --name steep -- sh -c 'echo Step 1/3; echo Step 3/3; exit 3'",
      { MIYABI_URL: url },
    );
    assert.equal([wrapped.code, wrapped.stdout], [3, 'Step 1/3\nStep 3/3\n'], wrapped.stderr);
    const { stdout } = succeeds(await shell('npx miyabi tasks list --json', { MIYABI_URL: url }), 'tasks');
    assert.match(stdout, /"task_name":"steep"/);
    assert.match(stdout, /"exit_code":3/);
    const page = await fetch(url, { headers: { accept: 'text/html' } });
    assert.match(await page.text(), /<title>/);
  } catch (error) {
    await stop();
    throw error;
  }
  const { code, signal, stderr } = await stop();
  // npx ends as the program does, or by the signal that it got too.
  assert.ok(code === 0 || code === 130 || signal === 'SIGINT', `${code} ${signal} ${stderr}`);
});

works('brings a client that imports work by its name', async () => {
  const { shell, file } = await installed();
  const { url, stop } = await serving(await installed());
  try {
    const work = file(
      'work.mjs',
      `import { connect } from 'miyabi-progress/client';
       const result = await connect().task('pour', async (t) => {
         for await (const cup of t.each([1, 2, 3])) console.log(cup);
         return 'poured';
       });
       console.log(result);`,
    );
    const { stdout } = succeeds(await shell(`node '${work}'`, { MIYABI_URL: url }), 'the program');
    assert.is(stdout, '1\n2\n3\npoured\n');
    const listed = await shell('npx miyabi tasks list', { MIYABI_URL: url });
    assert.match(listed.stdout, /pour.*completed/);
  } finally {
    await stop();
  }
});

const EXAMPLE = `
import { miyabiClient, MiyabiApiError, type Task } from 'miyabi-progress/client';

const client = miyabiClient({ baseUrl: 'http://127.0.0.1:9', timeoutMs: 500 });
const nameOf = (task: Task): string => task.task_name;
// @ts-expect-error: a task has no such field, so its type is not any
const wrong = (task: Task): string => task.no_such_field;
try {
  const { tasks } = await client.request('GET /api/tasks', { query: { limit: 1 } });
  console.log(tasks.map(nameOf), wrong);
} catch (error) {
  if (!(error instanceof MiyabiApiError)) throw error;
  console.log(error.code);
}
`;

/** `skipLibCheck` off: our declarations are checked too. */
const COMPILER = {
  strict: true,
  skipLibCheck: false,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: [],
};

slow('brings a client with types, for the newest TypeScript and for 5.9', async () => {
  const folder = await installed();
  folder.file('example.ts', EXAMPLE);
  folder.file('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER, include: ['example.ts'] }));
  for (const compiler of [program('tsc'), join(folder.path, 'node_modules/typescript/bin/tsc')])
    succeeds(await folder.shell(`'${process.execPath}' '${compiler}'`), compiler);
  const { stdout } = succeeds(await folder.shell(`'${process.execPath}' example.js`), 'example');
  assert.is(stdout, 'unreachable\n');
});

test.run();
inUse.run();
