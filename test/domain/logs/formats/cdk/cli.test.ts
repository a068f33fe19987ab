import * as assert from 'uvu/assert';
import { type CdkMode, cdkModes, cdkVersion, runCdk } from '../../../../support/cdk-cli.ts';
import { isFullRun, needs, suite } from '../../../../support/suite.ts';
import { hasPython } from '../../../../support/terminal.ts';
import { CDK_SCENARIOS } from './cli-scenarios.ts';
import { type CdkCase, MODES, mistakesIn, tasksOf, tasksOfPieces, tasksOfServer } from './cli-truth.ts';

// The real CDK CLI deploys to a fake CloudFormation, and the product reads its output. `CDK_CLI=path/to/bin/cdk` is
// another version of the CLI than the pinned one.

/** Widths of the terminals that the bar is drawn on, in turn. Below 44 the names of resources are broken, too. */
const COLUMNS = [80, 60, 120, 44, 100, 72, 200, 52] as const;

/** Scenarios that are still misread. Each is checked to be so: a fix also removes it from this list. */
const KNOWN_GAPS: Readonly<Record<string, readonly CdkMode[]>> = {};

const pythonIsHere = hasPython();

const test = suite(`CDK CLI ${cdkVersion()}`);

const [major = 0, minor = 0] = cdkVersion().split('.').map(Number);
const MODES_HERE = cdkModes(MODES);
/** Each starts the CLI once. */
const OFTEN: readonly CdkMode[] = ['bar'];

for (const [index, scenario] of CDK_SCENARIOS.entries()) {
  const [sinceMajor, sinceMinor] = scenario.since ?? [0, 0];
  if (major < sinceMajor || (major === sinceMajor && minor < sinceMinor)) {
    test.skip(scenario.title, `it is so since version ${sinceMajor}.${sinceMinor}`);
    continue;
  }
  const modes = (scenario.modes ?? MODES).filter(
    (mode) =>
      MODES_HERE.includes(mode) &&
      (mode !== 'bar' || pythonIsHere) &&
      (isFullRun() || !pythonIsHere || OFTEN.includes(mode)),
  );
  test(
    scenario.title,
    async () => {
      const columns = COLUMNS[index % COLUMNS.length] ?? 80;
      await Promise.all(modes.map((mode) => check({ scenario, mode }, columns)));
    },
    { slow: scenario.always !== true, timeoutMs: 300_000 },
  );
}

if (!pythonIsHere) test.skip('the bar of all scenarios', 'python3 with pseudo-terminals is not here');

const check = async (one: CdkCase, columns: number): Promise<void> => {
  const { scenario, mode } = one;
  const { code, output, unknown } = await runCdk(scenario.stacks, scenario.command, { mode, columns });
  const shown = `${mode}, ${columns} columns:\n${output}`;
  assert.equal(unknown, [], `the fake knows every request of ${shown}`);
  const fails = scenario.truth.some(({ outcome }) => outcome !== 'completed' && outcome !== 'no_changes');
  assert.is(code, fails ? 1 : 0, shown);
  const tasks = tasksOf(output);
  const mistakes = mistakesIn(tasks, one);
  if (KNOWN_GAPS[scenario.title]?.includes(mode))
    assert.not.equal(mistakes, [], `${mode} is read rightly now: take it off the list of gaps`);
  else assert.equal(mistakes, [], shown);
  for (const size of [7, 64, 1000])
    assert.equal(tasksOfPieces(output, size), tasks, `in pieces of ${size} bytes: ${shown}`);
  const ofServer = mistakesIn(await tasksOfServer(output), one);
  assert.equal(ofServer, [], `as events of a server: ${shown}`);
};

const failing = CDK_SCENARIOS.find(({ title }) => title === 'a creation fails and is rolled back');

const forAgents = needs(test, MODES_HERE.includes('errors-only'), 'this version does not know errors only');

forAgents(
  'an AI agent gets errors only, which say as much as with the flag',
  async () => {
    if (failing === undefined) throw new Error('the scenario is gone');
    const { output } = await runCdk(failing.stacks, failing.command, {
      mode: undefined,
      env: { CLAUDECODE: '1' },
    });
    assert.match(output, 'AI agent detected');
    assert.not.match(output, 'CREATE_COMPLETE');
    assert.equal(mistakesIn(tasksOf(output), { scenario: failing, mode: 'errors-only' }), [], output);
  },
  { slow: true },
);

test(
  'in CI, standard output alone shows how a deployment went',
  async () => {
    if (failing === undefined) throw new Error('the scenario is gone');
    const { output } = await runCdk(failing.stacks, failing.command, {
      mode: undefined,
      env: { CI: 'true' },
      onlyStdout: true,
    });
    assert.match(output, 'CREATE_COMPLETE');
    assert.equal(mistakesIn(tasksOf(output), { scenario: failing, mode: 'events' }), [], output);
  },
  { slow: true },
);

test.run();
