import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CDK, MIYABI, type Ran, run, scratch, sink, start, until } from '../../support/cli.ts';
import { needs, suite } from '../../support/suite.ts';

const test = suite('miyabi run in pipes');

const both = async (
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<[Ran, Ran]> => Promise.all([run(argv, { env }), run([...MIYABI, 'run', '--', ...argv], { env })]);

/** An event has as many lines as came at once. */
const linesOf = (events: readonly Readonly<{ message: string }>[]): readonly string[] =>
  events.flatMap(({ message }) => message.split('\n'));

for (const [title, options, code, signal] of [
  ['a deployment that succeeds', [], 0, null],
  ['one that fails', ['--fail'], 1, null],
  ['one that exits with 130', ['--exit', '130'], 130, null],
  ['one that dies of SIGTERM', ['--die', 'SIGTERM'], null, 'SIGTERM'],
  ['one that dies of SIGKILL', ['--die', 'SIGKILL'], null, 'SIGKILL'],
] as const) {
  const often = code === 1 || signal === 'SIGTERM' ? test : test.slow;
  often(`${title}: output byte for byte the same, and the same end`, async () => {
    const [plain, wrapped] = await both([...CDK, '--noise', '50', ...options]);
    assert.is(plain.code, code);
    assert.is(plain.signal, signal);
    assert.equal(wrapped, plain);
  });
}

test.slow('death by other signals is passed on, also by those that Node keeps for itself', async () => {
  for (const name of ['PIPE', 'USR1', 'HUP', 'ABRT'] as const) {
    const { signal } = await run([...MIYABI, 'run', '--', 'sh', '-c', `ulimit -c 0; kill -${name} $$`]);
    assert.is(signal, `SIG${name}`);
  }
});

test.slow('bytes that are no text, no lines and no UTF-8 pass as they are', async () => {
  const script = 'printf "a\\0b\\377\\376\\r\\rc\\033[31m"; printf "\\303" >&2';
  const [plain, wrapped] = await both(['sh', '-c', script]);
  assert.equal(wrapped, plain);
});

test('standard input is the command’s', async () => {
  const { stdout } = await run([...MIYABI, 'run', '--', 'cat'], { input: 'one\ntwo' });
  assert.is(stdout, 'one\ntwo');
});

test.slow('its output can be opened again by name, as scripts do', async () => {
  const { stdout, stderr } = await run([
    ...MIYABI,
    'run',
    '--',
    'sh',
    '-c',
    'echo out >/dev/stdout; echo err >/dev/stderr',
  ]);
  assert.is(stdout, 'out\n');
  assert.is(stderr, 'err\n');
});

test('a reader that goes away ends the command as it would without', async () => {
  const { code, stdout } = await run([
    'bash',
    '-c',
    'trap "" PIPE; "$@" run -- sh -c "trap - PIPE; yes" | head -1; echo "$PIPESTATUS"',
    'bash',
    ...MIYABI,
  ]);
  assert.is(code, 0);
  assert.is(stdout, 'y\n141\n');
});

/** What it takes is in /proc. */
const onLinux = needs(test, process.platform === 'linux', 'it reads /proc, which only Linux has');

onLinux(
  'what a command leaves running keeps its output',
  async () => {
    const folder = scratch();
    const gate = join(folder.path, 'go');
    const script = `(until test -e "${gate}"; do sleep 0.1; done; echo late; echo late too >&2) & echo started; exit 3`;
    const running = start([...MIYABI, 'run', '--', 'sh', '-c', script]);
    const exited = new Promise((resolve) => running.process.once('exit', resolve));
    assert.is(await exited, 3);
    assert.is(running.stdout(), 'started\n');
    writeFileSync(gate, '');
    const { stdout, stderr } = await running.done;
    folder.remove();
    assert.is(stdout, 'started\nlate\n');
    assert.is(stderr, 'late too\n');
  },
  { slow: true },
);

test.slow(
  'a command that is not there, one that cannot be run, and no command at all have exit codes of their own',
  async () => {
    assert.is((await run([...MIYABI, 'run', '--', 'no-such-command-here'])).code, 127);
    assert.is((await run([...MIYABI, 'run', '--', '/etc/passwd'])).code, 126);
    assert.is((await run([...MIYABI, 'run'])).code, 2);
    const nameless = await run([...MIYABI, 'run', '--', '']);
    assert.is(nameless.code, 127);
    assert.is(nameless.stderr, "miyabi: '': there is no such command\n");
  },
);

for (const [title, signal] of [
  ['SIGINT to miyabi alone reaches the command once', (pid: number) => process.kill(pid, 'SIGINT')],
  [
    'SIGINT to the whole process group, as from a terminal, is not passed on a second time',
    (pid: number) => process.kill(-pid, 'SIGINT'),
  ],
] as const) {
  test(title, async () => {
    const folder = scratch();
    const gate = join(folder.path, 'go');
    const running = start([...MIYABI, 'run', '--', ...CDK, '--noise', '1', '--wait-for', gate], {
      detached: true,
    });
    await until('the command prints', () => running.stdout().includes('bundling'));
    signal(running.pid);
    await until('the command was interrupted', () => running.stdout().includes('interrupted 1'));
    signal(running.pid);
    await until('the command was interrupted again', () => running.stdout().includes('interrupted 2'));
    writeFileSync(gate, '');
    const { code, stdout } = await running.done;
    folder.remove();
    assert.is(code, 0);
    assert.is(stdout.match(/interrupted/g)?.length, 2);
  });
}

test.slow('an agent from which cdk hides its progress gets a hint at the flag, once', async () => {
  const { stderr } = await run([...MIYABI, 'run', '--', ...CDK, '--agent']);
  assert.is(stderr.match(/miyabi: cdk hides .*--progress events/g)?.length, 1);
  const quiet = await run([...MIYABI, 'run', '--quiet', '--', ...CDK, '--agent']);
  assert.not.match(quiet.stderr, 'miyabi:');
  const chosen = await run([...MIYABI, 'run', '--', ...CDK, '--agent', '--progress', 'events']);
  assert.not.match(chosen.stderr, 'miyabi:');
});

test('lines go to the server, in order, masked, in posts that it takes', async () => {
  const server = await sink();
  const folder = scratch();
  const script =
    'echo "password=hunter2 and more"; i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done; echo "$MY_SECRET"';
  const { code, stdout } = await run(
    [...MIYABI, 'run', '--project', 'shop', '--name', 'night job', '--', 'sh', '-c', script],
    {
      env: {
        MIYABI_URL: server.url,
        MIYABI_API_KEY: 'key-of-this-test',
        MIYABI_SPOOL_DIR: folder.path,
        MY_SECRET: 'what-nobody-may-see',
      },
    },
  );
  await server.close();
  assert.is(code, 0);
  assert.match(stdout, 'password=hunter2');
  const events = server.events();
  assert.equal(linesOf(events), [
    'password=[masked] and more',
    ...Array.from({ length: 3_000 }, (_, index) => `line ${index}`),
    '[masked]',
  ]);
  assert.equal(
    events.map(({ id }) => id),
    events.map((_event, index) => `n${index + 1}`),
  );
  for (const { headers, bytes, body } of server.posts) {
    assert.is(headers.authorization, 'Bearer key-of-this-test');
    assert.ok(bytes <= 256 * 1024);
    assert.is(body.project_id, 'shop');
    assert.is(body.log_group, '/miyabi/run');
    assert.match(body.log_stream, /^night-job-\d{8}T\d{6}Z-[0-9a-f]{8}$/);
  }
  assert.equal(readdirSync(folder.path), []);
  folder.remove();
});

test(
  'a flood of long and short lines reaches the server whole, in events that fit a post',
  async () => {
    const server = await sink();
    const folder = scratch();
    const script =
      'for (let n = 0; n < 60; n += 1) console.log(n + " " + (n % 2 ? "\\u0001" : "日").repeat(n * 600))';
    const { code, stdout } = await run([...MIYABI, 'run', '--', 'node', '-e', script], {
      env: { MIYABI_URL: server.url, MIYABI_SPOOL_DIR: folder.path },
    });
    await server.close();
    folder.remove();
    assert.is(code, 0);
    // Control characters take six bytes each: lines of them are cut earlier.
    const start = (line: string) => line.slice(0, 28_000);
    const [sent, printed] = [linesOf(server.events()), stdout.trimEnd().split('\n')];
    assert.is(sent.length, printed.length);
    assert.is(
      sent.findIndex((line, index) => start(line) !== start(printed[index] ?? '')),
      -1,
    );
    assert.ok(server.posts.every(({ bytes }) => bytes <= 256 * 1024));
    assert.ok(server.events().length < 60);
  },
  { slow: true },
);

test('a server that is away costs nothing but the spool, and the next run sends what waits there', async () => {
  const folder = scratch();
  const away = await sink();
  await away.close();
  const env = { MIYABI_URL: away.url, MIYABI_SPOOL_DIR: folder.path };
  const [plain, wrapped] = [await run(CDK), await run([...MIYABI, 'run', '--', ...CDK], { env })];
  assert.equal(wrapped, plain);
  assert.is(readdirSync(folder.path).length, 1);

  const server = await sink();
  // What waits is for one address; this is the same server at another one.
  const header = join(folder.path, readdirSync(folder.path)[0] ?? '', 'header.json');
  writeFileSync(header, readFileSync(header, 'utf8').replace(away.url, server.url));
  await run([...MIYABI, 'run', '--', 'echo', 'next'], { env: { ...env, MIYABI_URL: server.url } });
  await server.close();
  const lines = (text: string) => text.split('\n').filter((line) => line !== '').length;
  assert.is(linesOf(server.events()).length, lines(plain.stdout) + lines(plain.stderr) + 1);
  assert.equal(readdirSync(folder.path), []);
  folder.remove();
});

test(
  'a server that answers 503 for a while gets every line once it is back',
  async () => {
    const folder = scratch();
    const server = await sink((count) => (count <= 2 ? 503 : 200));
    const { code } = await run([...MIYABI, 'run', '--', ...CDK, '--pace', '40'], {
      env: { MIYABI_URL: server.url, MIYABI_SPOOL_DIR: folder.path },
    });
    await server.close();
    assert.is(code, 0);
    assert.ok(server.requested() > 2);
    assert.match(
      server
        .events()
        .map(({ message }) => message)
        .join('\n'),
      /Synthesis time[\s\S]*Total time/,
    );
    folder.remove();
  },
  { slow: true },
);

test.slow('a refused key is reported, the lines stay', async () => {
  const folder = scratch();
  const server = await sink(() => 401);
  const { code, stderr } = await run([...MIYABI, 'run', '--', 'echo', 'hi'], {
    env: { MIYABI_URL: server.url, MIYABI_SPOOL_DIR: folder.path },
  });
  await server.close();
  assert.is(code, 0);
  assert.match(stderr, /refuses the key .*set MIYABI_API_KEY/);
  assert.is(readdirSync(folder.path).length, 1);
  folder.remove();
});

test('an interrupt ends the wait for a hanging server at once, and loses no line', async () => {
  const folder = scratch();
  const hanging = createServer(() => undefined);
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const { port } = hanging.address() as AddressInfo;
  const running = start([...MIYABI, 'run', '--', 'sh', '-c', 'echo hi; exit 3'], {
    env: {
      MIYABI_URL: `http://127.0.0.1:${port}`,
      MIYABI_SPOOL_DIR: folder.path,
      MIYABI_FLUSH_SECONDS: '600',
    },
  });
  const post = new Promise((resolve) => hanging.once('request', resolve));
  await post;
  const children = () =>
    spawnSync('ps', ['-o', 'pid=', '--ppid', String(running.pid)], { encoding: 'utf8' }).stdout.trim();
  await until('nothing of the command is left', () => children() === '');
  running.process.kill('SIGINT');
  const { code, signal } = await running.done;
  hanging.closeAllConnections();
  hanging.close();
  assert.is(signal, null);
  assert.is(code, 3);
  assert.is(readdirSync(folder.path).length, 1);
  folder.remove();
});

test.slow('a spool that cannot be written is no reason to lose lines while the server is there', async () => {
  const folder = scratch();
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  const server = await sink();
  const { code } = await run([...MIYABI, 'run', '--', ...CDK], {
    env: { MIYABI_URL: server.url, MIYABI_SPOOL_DIR: file },
  });
  await server.close();
  folder.remove();
  assert.is(code, 0);
  assert.ok(linesOf(server.events()).length > 40);
});

test.slow('a wrong MIYABI_URL does not keep the command from running', async () => {
  const { code, stdout, stderr } = await run([...MIYABI, 'run', '--', 'sh', '-c', 'echo hi; exit 3'], {
    env: { MIYABI_URL: 'nonsense' },
  });
  assert.is(code, 3);
  assert.is(stdout, 'hi\n');
  assert.match(stderr, 'MIYABI_URL must be a URL');
});

test.run();
