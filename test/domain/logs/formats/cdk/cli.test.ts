import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CdkMode, type CdkRun, cdkVersion, runCdk } from '../../../../support/cdk-cli.ts';
import { hasPython } from '../../../../support/terminal.ts';
import { CDK_SCENARIOS } from './cli-scenarios.ts';
import { type CdkCase, MODES, mistakesIn, tasksOf, tasksOfPieces } from './cli-truth.ts';

/**
 * The real CDK CLI deploys to a fake CloudFormation, and what it prints is read by the product. `CDK_SUITE=all` runs every
 * scenario, `CDK_CLI=path/to/bin/cdk` another version of the CLI than the pinned one.
 */
const whole = process.env.CDK_SUITE === 'all';

/** Runs at once: each keeps one core busy. */
const AT_ONCE = 2;

/** Widths of the terminals that the bar is drawn on, in turn. */
const COLUMNS = [80, 120, 100, 200] as const;

/** Scenarios that are still misread. Each is checked to be so: whoever fixes one takes it off this list. */
const KNOWN_GAPS: Readonly<Record<string, readonly CdkMode[]>> = {
  'a creation fails and is rolled back': ['bar', 'errors-only'],
  'two resources of a creation fail': ['bar', 'errors-only'],
  'a creation cannot be rolled back': ['bar', 'errors-only'],
  'a creation without rollback fails': ['bar', 'errors-only'],
  'the change set of a creation fails': ['events', 'bar', 'errors-only'],
  'the change set of a creation fails in early validation': ['events', 'bar', 'errors-only'],
  'an update fails and is rolled back': ['bar', 'errors-only'],
  'an update that adds a resource fails and is rolled back': ['bar', 'errors-only'],
  'an update cannot be rolled back': ['bar', 'errors-only'],
  'an update without rollback fails': ['bar', 'errors-only'],
  'the change set of an update fails': ['events', 'bar', 'errors-only'],
  'an update without a change set is rolled back': ['bar', 'errors-only'],
  'the final events of a failed stack cannot be read': ['bar', 'errors-only'],
  'a stack of a stage fails': ['bar', 'errors-only'],
  'a stack cannot be destroyed': ['bar'],
  'a destroyed stack leaves what is to be retained': ['events'],
  'the second of two stacks fails': ['bar', 'errors-only'],
  'two stacks are deployed at once and one fails': ['errors-only'],
  'the change sets of two stacks at once, one of which fails': ['events', 'errors-only'],
  'a resource of a nested stack fails': ['bar', 'errors-only'],
  'a paused stack is rolled back on request': ['events', 'bar', 'errors-only'],
  'a paused stack cannot be rolled back on request': ['bar'],
};

const jobs: readonly CdkCase[] = CDK_SCENARIOS.filter(({ always }) => whole || always).flatMap((scenario) =>
  (scenario.modes ?? MODES).map((mode) => ({ scenario, mode })),
);

/** All runs, {@link AT_ONCE} at a time, begun by the first test that wants one. */
let started: ReadonlyMap<CdkCase, Promise<CdkRun>> | undefined;
const outputOf = (job: CdkCase): Promise<CdkRun> => {
  started ??= startAll();
  return started.get(job) ?? Promise.reject(new Error('not a job of this suite'));
};

const startAll = (): ReadonlyMap<CdkCase, Promise<CdkRun>> => {
  const wanted = jobs.filter(({ mode }) => mode !== 'bar' || hasPython());
  const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  return new Map(
    wanted.map((job, index) => {
      const lane = index % AT_ONCE;
      const run = (lanes[lane] ?? Promise.resolve()).then(() =>
        runCdk(job.scenario.stacks, job.scenario.command, {
          mode: job.mode,
          columns: COLUMNS[index % COLUMNS.length] ?? 80,
        }),
      );
      // A failure belongs to the test that waits for this run, and must not end the process before that.
      lanes[lane] = run.catch(() => undefined);
      return [job, run];
    }),
  );
};

const test = suite(`CDK CLI ${cdkVersion()}`);

for (const job of jobs) {
  const { scenario, mode } = job;
  const add = mode === 'bar' && !hasPython() ? test.skip : test;
  const isKnown = KNOWN_GAPS[scenario.title]?.includes(mode) === true;
  add(`${scenario.title} (${mode})${isKnown ? ', which is still misread' : ''}`, async () => {
    const { code, output, unknown } = await outputOf(job);
    assert.equal(unknown, [], 'the fake knows every request');
    const fails = scenario.truth.some(({ outcome }) => outcome !== 'completed' && outcome !== 'no_changes');
    assert.is(code, fails ? 1 : 0, output);
    const tasks = tasksOf(output);
    const mistakes = mistakesIn(tasks, job);
    if (isKnown) assert.not.equal(mistakes, [], 'it is read rightly now: take it off the list of gaps');
    else assert.equal(mistakes, [], output);
    for (const size of [7, 64, 1000])
      assert.equal(tasksOfPieces(output, size), tasks, `in pieces of ${size} bytes`);
  });
}

const failing = CDK_SCENARIOS.find(({ title }) => title === 'a creation fails and is rolled back');

test('an AI agent gets errors only, which tell as much as where they are asked for', async () => {
  if (failing === undefined) throw new Error('the scenario is gone');
  const { output } = await runCdk(failing.stacks, failing.command, {
    mode: undefined,
    env: { CLAUDECODE: '1' },
  });
  assert.match(output, 'AI agent detected');
  assert.not.match(output, 'CREATE_COMPLETE');
  const mistakes = mistakesIn(tasksOf(output), { scenario: failing, mode: 'errors-only' });
  if (KNOWN_GAPS[failing.title]?.includes('errors-only')) assert.not.equal(mistakes, []);
  else assert.equal(mistakes, [], output);
});

test('in CI, standard output alone tells how a deployment went', async () => {
  if (failing === undefined) throw new Error('the scenario is gone');
  const { output } = await runCdk(failing.stacks, failing.command, {
    mode: undefined,
    env: { CI: 'true' },
    onlyStdout: true,
  });
  assert.match(output, 'CREATE_COMPLETE');
  assert.equal(mistakesIn(tasksOf(output), { scenario: failing, mode: 'events' }), [], output);
});

test.run();
