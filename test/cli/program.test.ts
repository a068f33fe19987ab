import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { completionScript } from '../../src/cli/commands/completion-script.ts';
import { commandsOf } from '../../src/cli/parse-arguments.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runHint } from '../../src/cli/session.ts';
import { readSettings } from '../../src/cli/settings.ts';
import { barLine } from '../../src/cli/terminal/bars.ts';
import { table } from '../../src/cli/terminal/table.ts';
import { clockText, fit, lookOf, printable, widthOf } from '../../src/cli/terminal/terminal.ts';
import { CDK, MIYABI, run, scratch } from '../support/cli.ts';
import { repeats, suite } from '../support/suite.ts';

const test = suite('the command line');

test('every command says what it does, and its options too', () => {
  const commands = commandsOf(buildProgram(async () => undefined));
  assert.ok(commands.length >= 15);
  for (const command of commands) {
    // Commander breaks lines itself; where one is broken here, too, help has lines of two words.
    assert.match(command.description(), /^[^\n]+$/, command.name());
    for (const option of command.options)
      assert.ok(option.description !== '', `${command.name()} ${option.flags}`);
  }
});

/** Wrong usage, and what is said about it. */
const WRONG: readonly (readonly [args: readonly string[], said: string])[] = [
  [['wach'], "unknown command 'wach' (did you mean watch?); see miyabi --help"],
  [['tasks', 'nonsense'], "unknown command 'nonsense'; see miyabi tasks --help"],
  [['tasks', 'create'], "missing required argument 'name'; see miyabi tasks create --help"],
  [['tasks', 'list', '--limit', '0'], '0 must be a whole number from 1'],
  [
    ['tasks', '--status', 'running,done'],
    '--status must be of pending, running, blocked, completed, failed, cancelled, not "done"',
  ],
  [['run', '--nonsense'], "unknown option '--nonsense'"],
  [['completion', 'fish'], 'Allowed choices are bash, zsh; see miyabi completion --help'],
];

test('help is no failure, wrong usage is one with code 2', async () => {
  const help = await run([...MIYABI, '--help']);
  assert.is(help.code, 0);
  assert.match(help.stdout, 'Exit codes');
  for (const [args, said] of WRONG.slice(0, repeats({ few: 3, all: WRONG.length }))) {
    const { code, stdout, stderr } = await run([...MIYABI, ...args]);
    assert.is(code, 2, args.join(' '));
    assert.is(stdout, '');
    assert.match(stderr, /^miyabi: [^\n]+\n$/);
    assert.ok(stderr.includes(said), stderr);
  }
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const { code, stdout } = await run([...MIYABI, '--version']);
  assert.is(code, 0);
  assert.is(stdout.trim(), version);
});

test('bash completes commands, options, choices and the command after run', async () => {
  const folder = scratch();
  const file = join(folder.path, 'miyabi.bash');
  writeFileSync(
    file,
    completionScript(
      'bash',
      buildProgram(async () => undefined),
    ),
  );
  const complete = async (...words: readonly string[]) => {
    const script =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
      'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _miyabi; IFS=" "; set -- "${COMPREPLY[@]}"; echo "$*"';
    const { stdout, stderr } = await run(['bash', '-c', script, file, ...words]);
    assert.is(stderr, '');
    return stdout.trim().split(' ');
  };
  assert.equal(await complete('miyabi', 'wa'), ['watch']);
  assert.equal(await complete('miyabi', 'tasks', 'c'), ['create', 'cancel']);
  assert.equal(await complete('miyabi', 'tasks', 'create', 'x', '--pri'), ['--priority']);
  assert.equal(await complete('miyabi', 'tasks', 'create', '--priority', ''), ['P0', 'P1', 'P2', 'P3']);
  assert.equal(await complete('miyabi', 'completion', 'z'), ['zsh']);
  assert.ok((await complete('miyabi', 'run', '--', 'mkfif')).includes('mkfifo'));
  // bash-completion passes which word the command is.
  const delegated =
    'source "$0"; _comp_command_offset() { echo "$1"; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _miyabi';
  for (const [words, at] of [
    [['miyabi', 'run', '-p', 'tea', '--', 'git', 'sta'], 5],
    [['miyabi', 'run', '--name', 'run', 'git', 'sta'], 4],
    [['miyabi', 'run', '--no-pty', 'git', 'sta'], 3],
    [['miyabi', 'run', 'git', 'sta'], 2],
  ] as const)
    assert.is(
      (await run(['bash', '-c', delegated, file, ...words])).stdout.trim(),
      String(at),
      words.join(' '),
    );
  folder.remove();
});

test('zsh gets a script that names every command', () => {
  const script = completionScript(
    'zsh',
    buildProgram(async () => undefined),
  );
  for (const command of commandsOf(buildProgram(async () => undefined))) assert.match(script, command.name());
  assert.ok(script.startsWith('#compdef miyabi\n'));
});

test.slow('parse --explain shows for each line which format read it and its signal', async () => {
  const { stderr: log } = await run([...CDK, '--stacks', '1']);
  const { stdout } = await run([...MIYABI, 'parse', '--explain', '--json'], {
    input: `${log}nothing here\n`,
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { line: number; text: string; signals: { format: string; signal: object }[] },
    );
  assert.is(lines.length, log.split('\n').length);
  const row = lines.find(({ text }) => text.includes('8/10') && text.includes('CREATE_COMPLETE'));
  assert.is(row?.signals[0]?.format, 'cdk');
  assert.equal(lines.at(-1), { line: lines.length, text: 'nothing here', signals: [] });
  const reported = await run([...MIYABI, 'parse', '--explain'], { input: log });
  assert.match(reported.stdout, /\n +\d+ cdk +Shop-Stack1 \| .*\n {22}\{/);
});

test.slow('parse takes bounded memory, however many tasks a log names', async () => {
  const count = 15_000;
  const input = Array.from(
    { length: count },
    (_, index) => `{"task_id":"import-${index}","status":"running","progress":{"current":1,"total":100}}\n`,
  ).join('');
  const { code, stdout } = await run([...MIYABI, 'parse'], {
    input,
    env: { NODE_OPTIONS: '--max-old-space-size=64' },
  });
  assert.is(code, 0);
  const ids = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { task_id: string }).task_id);
  assert.is(ids.length, count);
  assert.is(ids[count - 1], `import-${count - 1}`);
});

test('parse counts a line without end as one, and continues after it', async () => {
  const endless = 'x'.repeat(2_500_000);
  const parsed = await run([...MIYABI, 'parse'], { input: `${endless}\nStep 1/2\r\nStep 2/2` });
  assert.is(parsed.code, 0);
  assert.is(parsed.stderr, 'miyabi: 1 line was too long to be read\n');
  assert.is((JSON.parse(parsed.stdout) as { status: string }).status, 'completed');
  const explained = await run([...MIYABI, 'parse', '--explain', '--json'], { input: `${endless}\nStep 1/2` });
  const numbers = explained.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { line: number }).line);
  assert.equal(numbers, [1, 2]);
});

test('parse calls a task without a name after its log', async () => {
  const folder = scratch();
  try {
    const file = join(folder.path, 'train.log');
    writeFileSync(file, 'Epoch 1/3\n');
    const named = await run([...MIYABI, 'parse', file]);
    const piped = await run([...MIYABI, 'parse'], { input: 'Epoch 1/3\n' });
    assert.equal(
      [named, piped].map(({ stdout }) => (JSON.parse(stdout) as { task_name: string }).task_name),
      ['train', 'stdin'],
    );
  } finally {
    folder.remove();
  }
});

test('settings name the variable that is wrong', () => {
  assert.is(readSettings({ MIYABI_URL: 'https://m.example/base/' }).url, 'https://m.example/base');
  assert.is(readSettings({ MIYABI_URL: '' }).url, undefined);
  assert.is(readSettings({ XDG_STATE_HOME: '/s' }).spoolDir, join('/s', 'miyabi', 'spool'));
  for (const env of [
    { MIYABI_URL: 'ftp://x' },
    { MIYABI_URL: 'https://me:secret@m.example' },
    { MIYABI_API_KEY: 'a\nb' },
    { MIYABI_PROJECT: 'no spaces' },
    { MIYABI_FLUSH_SECONDS: '-1' },
  ]) {
    assert.throws(
      () => readSettings(env),
      (error: Error) =>
        error.message.includes(Object.keys(env)[0] ?? '?') && !error.message.includes('secret'),
    );
  }
});

test('a hint to run something names the server too, if none is set', () => {
  assert.is(runHint(readSettings({})), 'MIYABI_URL=http://127.0.0.1:8787 miyabi run -- npx cdk deploy --all');
  assert.is(runHint(readSettings({ MIYABI_URL: 'http://a.example' })), 'miyabi run -- npx cdk deploy --all');
});

test('a bar fits every width and keeps name and percentage as long as it can', () => {
  const task = {
    name: 'お茶屋-Storage',
    status: 'running',
    percentage: 45,
    current: 5,
    total: 11,
    phase: 'Creating \u001b[31mBrew\n',
    elapsed: 75,
    eta: 90,
  } as const;
  for (const unicode of [true, false]) {
    for (let columns = 1; columns <= 200; columns += 1) {
      const line = barLine(task, columns, { colour: true, unicode });
      if (columns >= 20) assert.ok(widthOf(line) < columns, `${columns}: ${line}`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a log says must not reach the terminal as it is
      assert.not.match(line.replace(/\u001b\[\d+m/g, ''), /[\u0000-\u001f]/);
      if (columns >= 24) assert.match(line, '45%');
    }
  }
  assert.is(
    barLine(task, 80, { colour: false, unicode: false }),
    '> お茶屋-Storage          #####-------  45% 5/11 1:15 ~1:30 left Creating Brew',
  );
});

test('a bar of a failed task says where it stopped and shows no percentage', () => {
  const task = { name: 'brew', status: 'failed', percentage: 99, current: 9, total: 9, failed: 2 } as const;
  const look = { colour: false, unicode: true };
  const line = barLine({ ...task, phase: 'no water', elapsed: 5 }, 80, look);
  assert.is(line, '✖ brew                    ███████████▉      at 9/9, 2 failed 5s no water');
  for (const columns of [30, 50, 120]) assert.not.match(barLine(task, columns, look), '%');
});

test('a table fits every width: columns shrink, then those that matter least are left out', () => {
  const head = [
    { title: 'TASK', shrinks: true },
    { title: 'STATUS' },
    { title: 'TIME', align: 'right', spare: true },
    { title: 'PROJECT', shrinks: true, spare: true },
    { title: 'ID', shrinks: true },
  ] as const;
  const row = [
    '夜間バッチ 🎉 of the warehouse',
    '▸ running (stale)',
    '1:02:03',
    'tea',
    'nightly-0192b1d2',
  ].map((text) => ({ text }));
  const look = { colour: false, unicode: true };
  const text = (columns: number | undefined) => table(head, [row], { columns, look });
  assert.match(
    text(undefined),
    /^TASK +STATUS +TIME +PROJECT +ID\n夜間バッチ 🎉 of the warehouse .*-0192b1d2\n$/,
  );
  for (const columns of [38, 40, 60, 80])
    for (const line of text(columns).trimEnd().split('\n')) assert.ok(widthOf(line) <= columns, line);
  assert.match(text(80), 'PROJECT');
  assert.match(text(40), /^TASK +STATUS +ID\n/);
});

test('texts are cut by columns, times are readable, colours only where they are wanted', () => {
  assert.is(fit('日本語テキスト', 7), '日本語…');
  assert.is(fit('abc', 3), 'abc');
  assert.is(printable('a\u001b]0;title\u0007b\u202ec'), 'ab c');
  assert.equal([7, 65, 7_384].map(clockText), ['7s', '1:05', '2:03:04']);
  assert.is(lookOf({ NO_COLOR: '1', FORCE_COLOR: '1' }, { isTTY: true }).colour, false);
  assert.is(lookOf({ NO_COLOR: '' }, { isTTY: true }).colour, true);
  assert.is(lookOf({ FORCE_COLOR: '1' }, {}).colour, true);
  assert.is(lookOf({}, {}).colour, false);
});

test.run();
