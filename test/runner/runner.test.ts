import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { programOf } from '../support/built.ts';
import { run, start, until } from '../support/cli.ts';
import { shared, suite } from '../support/suite.ts';
import { compile } from './compile.ts';
import { filesWithWords, ROOT, selectFiles } from './files.ts';
import { type RunOptions, runFile, startWorker } from './run-file.ts';

const fixture = (name: string): string => `test/fixtures/suites/${name}.ts`;

const test = suite('Test runner');

/** Compiled like the files of a run, because each test here starts a process. */
const compiledFixtures = shared(
  'the compiled fixtures',
  () =>
    compile(readdirSync(join(ROOT, 'test/fixtures/suites')).map((name) => `test/fixtures/suites/${name}`)),
  (folder) => rmSync(folder, { recursive: true }),
);
const runFixture = async (name: string, options: RunOptions = {}) =>
  runFile(fixture(name), { compiled: await compiledFixtures(), ...options });

test('counts what passed and names what was skipped, with the reason', async () => {
  const { passed, failed, skipped, timed } = await runFixture('passes');
  assert.equal([passed, failed], [2, 0]);
  assert.equal(skipped, [{ name: 'fixture › whistles', reason: 'the kettle is not installed' }]);
  assert.equal(
    timed.map(({ name }) => name),
    ['fixture › boils water', 'fixture › steeps the leaves'],
  );
});

test.slow('shows the difference, the cause, and what was thrown that is no error', async () => {
  const { passed, failed, failures, details } = await runFixture('fails');
  assert.equal([passed, failed], [1, 3]);
  assert.match(failures.join(), 'fixture › is wrong');
  assert.match(details, '++2');
  assert.match(details, 'the inner error');
  assert.match(details, 'threw undefined');
});

/** Files that look green to uvu alone, or stop its whole run, and the report about them. */
for (const [name, title, words] of [
  ['never-settles', 'a test that never settles', 'waits for ever'],
  ['blocks', 'a test that blocks its process', 'fixture › spins: blocked its process for 1.1 s'],
  ['exits-early', 'a test that ends its process', 'fixture › ends the process: its process ended with 0'],
  ['rejects-unheard', 'a rejection that nothing handles', 'fixture › leaves a rejection behind'],
  ['has-no-tests', 'a suite without tests', 'fixture has no test'],
  ['is-never-run', 'a suite that is never run', 'fixture never runs'],
  ['has-no-suite', 'a file without a suite', 'it ran no test'],
  ['cannot-load', 'a file that cannot be loaded', 'cannot be loaded'],
  ['slows-nothing', 'a title of a slow test that is not there', 'a test that is not there: "boils watter"'],
  ['repeats-a-title', 'a title that is used twice', 'two tests are called "twice"'],
  ['stays-open', 'a process that does not end', 'still open 0.3 s after the last test: Timeout'],
  ['leaves-a-program', 'a program that outlives its test file', 'was still running 0.3 s after it'],
  ['closes-badly', 'something shared that cannot be closed', 'closing the kettle failed'],
  ['uses-uvu-directly', 'a failure in a suite that uses uvu directly', '1 failed'],
] as const) {
  const fails = async (): Promise<void> => {
    // Short only where it is waited for: the compiler of a file that is new may outlive the file by a moment.
    const isAwaited = name === 'stays-open' || name === 'leaves-a-program';
    const { failed, failures, details } = await runFixture(name, isAwaited ? { lingerMs: 300 } : {});
    assert.ok(isAwaited ? failed > 0 : failed === 1, details);
    assert.match(failures.join('\n'), words);
  };
  // Each starts a process.
  test(`fails on ${title}`, fails, { slow: !['blocks', 'exits-early'].includes(name) });
}

test.slow('goes on after a test that did not end in time', async () => {
  const { passed, details } = await runFixture('never-settles');
  assert.is(passed, 1);
  assert.match(details, 'did not end within 0.2 s');
});

test.slow('runs the next file in the same process only if the last one has left it as it was', async () => {
  const leaves = async (name: string) => {
    const worker = startWorker({ compiled: await compiledFixtures() });
    assert.is((await worker.run(fixture('passes'))).passed, 2);
    assert.ok(worker.isReusable());
    const { failed, details } = await worker.run(fixture(name));
    assert.is(failed, 0, details);
    if (worker.isReusable()) assert.is(await worker.end(), undefined);
    return worker.isReusable();
  };
  assert.is(await leaves('is-slow'), true);
  assert.is(await leaves('changes-its-process'), false);
});

test.slow(
  'leaves out slow tests, counts them, and runs them and every repetition if all are asked for',
  async () => {
    const some = await run([...RUN, fixture('is-slow')]);
    assert.match(some.stdout, '3 slow tests left out; --all runs them');
    assert.is(some.stdout.trimEnd().split('\n').at(-1), '2 passed, 0 failed');
    const all = await run([...RUN, fixture('is-slow'), '--all']);
    assert.not.match(all.stdout, 'left out');
    assert.is(all.stdout.trimEnd().split('\n').at(-1), '7 passed, 0 failed');
    const none = await run([...RUN, fixture('is-slow'), '--title', 'for everybody']);
    assert.equal([none.code, /No test ran/.test(none.stdout)], [1, true]);
  },
);

test('leaves out the tests of a contract that are named, or all that are not', async () => {
  const { timed, leftOut } = await runFixture('is-slow-in-part');
  const named = (pot: string, titles: readonly string[]) =>
    titles.map((title) => `fixture › ${pot} ${title}`);
  assert.equal(
    timed.map(({ name }) => name),
    [...named('iron', ['boils', 'pours']), ...named('clay', ['pours'])],
  );
  assert.equal(leftOut, [...named('iron', ['steeps']), ...named('clay', ['boils', 'steeps'])]);
});

/** Of a run in a machine that runs much else. */
const PATIENT_MS = 60_000;

const RUN = programOf('test/runner/run.ts');

test('ends with a line of counts, and with exit code 1 if a test failed or none ran', async () => {
  const good = await run([...RUN, fixture('passes'), '--slowest']);
  assert.is(good.code, 0, good.stderr);
  assert.match(good.stdout, /Slowest tests\n.*fixture › /);
  assert.match(good.stdout, 'Skipped: the kettle is not installed\n  fixture › whistles');
  assert.is(good.stdout.trimEnd().split('\n').at(-1), '2 passed, 0 failed, 1 skipped');
  const bad = await run([...RUN, fixture('passes'), fixture('fails')]);
  assert.is(bad.code, 1);
  assert.match(bad.stdout, `Failed\n  ${fixture('fails')}: fixture › is wrong`);
  assert.is(bad.stdout.trimEnd().split('\n').at(-1), '3 passed, 3 failed, 1 skipped');
  const none = await run([...RUN, fixture('passes'), '--title', 'grinds the beans']);
  assert.is(none.code, 1);
  assert.match(none.stdout, 'no suite or title contains "grinds the beans"');
});

test.slow('repeats a run, and says which runs failed', async () => {
  const good = await run([...RUN, fixture('passes'), '--repeat', '2']);
  assert.is(good.code, 0, good.stderr);
  assert.is(good.stdout.split('2 passed, 0 failed, 1 skipped').length - 1, 2);
  assert.is(good.stdout.trimEnd().split('\n').at(-1), '2 runs, 0 failed');
  const bad = await run([...RUN, fixture('fails'), '--repeat', '2']);
  assert.is(bad.code, 1);
  assert.is(bad.stdout.trimEnd().split('\n').at(-1), '2 runs, 2 failed: 1, 2');
  assert.is((await run([...RUN, fixture('passes'), '--repeat', '0'])).code, 2);
});

test.slow('runs the tests alone whose suite or title contains the words', async () => {
  const { code, stdout } = await run([...RUN, fixture('passes'), '--title', 'Steeps the']);
  assert.is(code, 0);
  assert.is(stdout.trimEnd().split('\n').at(-1), '1 passed, 0 failed');
});

test.slow('fails on a test that is skipped for a reason that is not accepted', async () => {
  const maySkip = (reason: string) => run([...RUN, fixture('passes'), '--may-skip', reason]);
  assert.is((await maySkip('the kettle is not installed')).code, 0);
  const { code, stdout } = await maySkip('the teapot is broken');
  assert.is(code, 1);
  assert.match(stdout, 'fixture › whistles: may not be skipped here, but the kettle is not installed');
  assert.is(stdout.trimEnd().split('\n').at(-1), '2 passed, 1 failed');
});

test.slow('shows the line of the source in what it has compiled', async () => {
  const { stdout } = await run([...RUN, fixture('fails')]);
  assert.not.match(stdout, 'Not compiled');
  assert.match(stdout, /test\/fixtures\/suites\/fails\.ts:6:/);
});

test(
  'runs the files from their sources if they cannot be compiled, and says why',
  async () => {
    const folder = mkdtempSync(join(ROOT, 'node_modules/.cache/broken-'));
    try {
      const broken = join(folder, 'broken.ts');
      writeFileSync(broken, "import './is-not-there.ts';\n");
      const { code, stdout } = await run([...RUN, fixture('passes'), broken], {
        // A run that measures coverage, as this one may be, compiles nothing.
        env: { NODE_V8_COVERAGE: '' },
      });
      assert.is(code, 1);
      assert.match(stdout, /^Not compiled, so that this takes longer: .*broken\.ts:1:\d+: .*is-not-there/m);
      assert.is(stdout.trimEnd().split('\n').at(-1), '2 passed, 1 failed, 1 skipped');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  { slow: true },
);

test(
  'watches, and runs what a change affects',
  async () => {
    const watching = start([...RUN, fixture('passes'), fixture('has-no-tests'), '--watch']);
    let touching: NodeJS.Timeout | undefined;
    const waits = () => watching.stdout().split('Waiting for changes').length - 1;
    try {
      await until('the first run ends', () => waits() === 1, PATIENT_MS);
      const before = watching.stdout().length;
      // Repeated, because a folder may not be watched yet when the first change comes.
      touching = setInterval(() => utimesSync(fixture('passes'), new Date(), new Date()), 1_000);
      await until(
        'the changed file runs again',
        () => watching.stdout().slice(before).includes(' failed'),
        PATIENT_MS,
      );
      const again = watching.stdout().slice(before);
      assert.match(again, '2 passed, 0 failed, 1 skipped');
      assert.not.match(again, 'has-no-tests');
    } finally {
      clearInterval(touching);
      watching.process.kill('SIGINT');
      assert.is((await watching.done).code, 130);
    }
  },
  { slow: true },
);

test('finds files by a part of their path, and those that words may be in', () => {
  assert.equal(selectFiles(['domain/logs/parse']), ['test/domain/logs/parse.test.ts']);
  assert.equal(selectFiles(['no/such/file']), []);
  const found = filesWithWords(
    selectFiles([]),
    'rejects a save that lost the race, one that skips a version',
  );
  assert.ok(found.includes('test/adapters/memory/task-store.test.ts'), found.join());
  assert.not.ok(found.includes('test/domain/logs/ledger.test.ts'), found.join());
});

test('rejects an option that it does not have', async () => {
  const { code, stderr } = await run([...RUN, '--titel', 'x']);
  assert.is(code, 2);
  assert.match(stderr, '--title WORDS');
});

test.run();
