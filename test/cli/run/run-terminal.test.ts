import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import * as assert from 'uvu/assert';
import { CDK, MIYABI, scratch } from '../../support/cli.ts';
import { needs, suite } from '../../support/suite.ts';
import { emulate, hasPython, inTerminal } from '../../support/terminal.ts';

const test = suite('miyabi run in a terminal');
const it = needs(test, hasPython(), 'python3 makes the terminal, on Linux');

const RUN = [...MIYABI, 'run', '--'];

/** The same, but for the number of the terminal and where the time of the machine shows. */
const same = async (argv: readonly string[], options: Parameters<typeof inTerminal>[1] = {}) => {
  const plain = await inTerminal(argv, options);
  const wrapped = await inTerminal([...RUN, ...argv], options);
  return { plain, wrapped };
};

it('a command sees a terminal of the same size and modes, and its output is byte for byte the same', async () => {
  const script =
    'test -t 0 && test -t 1 && test -t 2 && echo terminal; stty -a | grep -v speed; stty size; printf "\\033[31mred\\033[0m\\r\\ttab\\n"; ls -C / | head -3; test -w /dev/tty && echo own';
  const { plain, wrapped } = await same(['sh', '-c', script]);
  assert.match(plain.output, 'terminal');
  assert.equal(wrapped, plain);
});

for (const [title, script, code, signal] of [
  ['exit code 0', 'true', 0, null],
  ['exit code 1', 'exit 1', 1, null],
  ['exit code 130', 'exit 130', 130, null],
  ['death by SIGINT', 'kill -INT $$', null, 'SIGINT'],
  ['death by SIGTERM', 'kill -TERM $$', null, 'SIGTERM'],
] as const) {
  const isPassedOn = async (): Promise<void> => {
    const ended = await inTerminal([...RUN, 'sh', '-c', script]);
    assert.is(ended.code, code);
    assert.is(ended.signal, signal);
  };
  it(`${title} is passed on`, isPassedOn, { slow: code !== 1 });
}

it(
  'a command that is not there ends with 127, one that may not be run with 126',
  async () => {
    const folder = scratch();
    writeFileSync(join(folder.path, 'letter'), 'no program');
    const env = { PATH: `${process.env['PATH']}${delimiter}${folder.path}${delimiter}/etc/passwd` };
    const ends = [];
    for (const name of ['no-such-command-here', 'letter', 'true'])
      ends.push((await inTerminal([...RUN, name], { env })).code);
    folder.remove();
    assert.equal(ends, [127, 126, 0]);
  },
  { slow: true },
);

it(
  'a flood passes byte for byte',
  async () => {
    const { plain, wrapped } = await same(['sh', '-c', 'seq 1 60000; echo end']);
    assert.match(plain.output, /60000\r\nend\r\n$/);
    assert.is(wrapped.output, plain.output);
  },
  { slow: true },
);

it(
  'a question is asked and answered as without',
  async () => {
    const { plain, wrapped } = await same(
      ['sh', '-c', 'printf "Go on (y/n)? "; read answer; echo "it was $answer"'],
      {
        steps: ['(y/n)? =>yes\\n'],
      },
    );
    assert.match(plain.output, 'it was yes');
    assert.equal(wrapped, plain);
  },
  { slow: true },
);

it('Ctrl-C interrupts the command once', async () => {
  const folder = scratch();
  const never = join(folder.path, 'never');
  const ended = await inTerminal([...RUN, ...CDK, '--noise', '1', '--wait-for', never], {
    steps: ['Worker3 =>\\x03', 'interrupted 1=>\\x03', 'interrupted 2=>!SIGTERM'],
  });
  folder.remove();
  assert.is(ended.signal, 'SIGTERM');
  assert.is(ended.output.match(/interrupted \d/g)?.join(), 'interrupted 1,interrupted 2');
});

it(
  'a signal to the process group, as `timeout` sends it, reaches what the command has started',
  async () => {
    const folder = scratch();
    const gate = join(folder.path, 'go');
    // Where its child does not die of SIGINT, bash goes on. So the child itself says that it runs.
    const command = ['bash', '-c', `sh -c 'touch ${gate}; exec sleep 8'; echo went on`];
    const group = `trap : INT; (until test -e ${gate}; do sleep 0.05; done; kill -INT 0) & "$@"; echo "ended with $?"`;
    // Without bars nothing is loaded any more, for which the loader of the tests has a process in the group, too.
    const run = [...MIYABI, 'run', '--no-bars', '--'];
    const { output } = await inTerminal(['sh', '-c', group, 'sh', ...run, ...command]);
    folder.remove();
    assert.is(output, 'ended with 130\r\n');
  },
  { slow: true },
);

it(
  'the command learns of a new size',
  async () => {
    const script = 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done';
    const { output } = await inTerminal([...RUN, 'sh', '-c', script], { steps: ['ready=>@30x100'] });
    assert.match(output, '30 100');
  },
  { slow: true },
);

for (const columns of [80, 40]) {
  const leavesNothing = async (): Promise<void> => {
    const argv = [...CDK, '--pace', '25', '--noise', '2', '--resources', '12'];
    const size = { rows: 16, columns };
    const { plain, wrapped } = await same(argv, size);
    assert.is(wrapped.code, 0);
    const shown = emulate(wrapped.output, size);
    const all = shown.all.trimEnd().split('\n');
    // How it ended stays below what the command wrote.
    const last = all.pop() ?? '';
    assert.ok(
      /^✔ node .*100%/.test(last),
      `the last line is ${JSON.stringify(last)}, after ${all.slice(-3).join('\n')}`,
    );
    assert.is(all.join('\n'), emulate(plain.output, size).all.trimEnd());
    const withBars = shown.frames.filter((frame) => /[█░]/.test(frame) || /Shop-Stack1 +\d+%/.test(frame));
    // How many there are depends on how fast the machine draws.
    assert.ok(withBars.length > 0, 'no picture has bars');
    for (const frame of withBars) {
      const bars = frame.split('\n').filter((row) => /^[▸✔✖] Shop-Stack/.test(row));
      assert.ok(bars.length >= 1 && bars.length <= 2, frame);
      for (const bar of bars) assert.ok([...bar].length < columns, bar);
    }
    // Once they are there they stay: no picture between two writes is without them, to the end.
    const first = shown.frames.indexOf(withBars[0] ?? '');
    const without = shown.frames.slice(first).filter((frame) => !/^[▸✔✖] Shop-Stack/m.test(frame));
    // A busy machine may show a write in two halves.
    assert.ok(
      without.length <= Math.max(2, shown.frames.length / 10),
      `${without.length} of ${shown.frames.length} pictures were without bars`,
    );
  };
  const title = `${columns} columns: what scrolled is what the command wrote, with bars below it and none left in it`;
  // A terminal of tmux shows the same at every width.
  it(title, leavesNothing, { slow: true });
}

it(
  'a resize in the middle leaves no trace in the output',
  async () => {
    const argv = [...CDK, '--pace', '25', '--resources', '12'];
    const { output, code, steps_left } = await inTerminal([...RUN, ...argv], {
      rows: 16,
      columns: 100,
      steps: ['Worker4 =>@16x60', 'Worker8 =>@20x90'],
    });
    assert.is(code, 0);
    assert.is(steps_left, 0);
    const rows = output.split('\r\n').filter((row) => /^Shop-Stack\d \| /.test(row));
    assert.is(new Set(rows).size, rows.length);
  },
  { slow: true },
);

it(
  'no bars where they are not wanted, or the terminal cannot draw them',
  async () => {
    const argv = [...CDK, '--pace', '20'];
    const plain = await inTerminal(argv);
    const { output } = await inTerminal([...MIYABI, 'run', '--no-bars', '--', ...argv]);
    assert.is(output, plain.output);
    const dumb = await inTerminal([...RUN, ...argv], { env: { TERM: 'dumb' } });
    assert.is(dumb.output, plain.output);
  },
  { slow: true },
);

it(
  'NO_COLOR takes the colours out of the bars',
  async () => {
    const { output } = await inTerminal([...RUN, ...CDK, '--pace', '20'], { env: { NO_COLOR: '1' } });
    assert.match(output, /█/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what this looks for
    assert.not.match(output, /\u001b\[[39][0-9]m/);
  },
  { slow: true },
);

it(
  'without a pseudo-terminal of its own, the command keeps its colours',
  async () => {
    const { output, code } = await inTerminal([
      ...MIYABI,
      'run',
      '--no-pty',
      '--',
      'sh',
      '-c',
      'echo $FORCE_COLOR $COLUMNS; test -t 1; exit $?',
    ]);
    assert.is(code, 1);
    assert.match(output, /^[123] 80\r\n$/);
  },
  { slow: true },
);

test.run();
