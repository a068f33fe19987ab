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

/** Scenarios that are still misread. Each is checked to be so: whoever fixes one takes it off this list. */
const KNOWN_GAPS: Readonly<Record<string, readonly CdkMode[]>> = {};

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
        runCdk(job.scenario.stacks, job.scenario.command, { mode: job.mode }),
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

test.run();
