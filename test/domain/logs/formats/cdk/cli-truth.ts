import { lineSplitter } from '../../../../../src/cli/run/lines.ts';
import type { Observation } from '../../../../../src/domain/logs/format.ts';
import { builtInFormats } from '../../../../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../../../../src/domain/logs/parse.ts';
import type { TaskDetails } from '../../../../../src/domain/tasks/details.ts';
import { openApi } from '../../../../support/api.ts';
import type { CdkMode } from '../../../../support/cdk-cli.ts';
import type { CdkScenario, Truth } from './cli-scenarios.ts';

export const MODES = ['events', 'bar', 'errors-only'] as const satisfies readonly CdkMode[];

/** A scenario in one of the CLI's ways to show progress. */
export type CdkCase = Readonly<{ scenario: CdkScenario; mode: CdkMode }>;

/** Reads a log as `miyabi parse` does. */
export const tasksOf = (output: string): readonly Observation[] => {
  const parser = logParser(builtInFormats);
  parser.add(output.split('\n'));
  return parser.tasks().map(({ run }) => run);
};

/** Reads it as `miyabi run` does: line by line, in the pieces that the pipe gives. */
export const tasksOfPieces = (output: string, size: number): readonly Observation[] => {
  const parser = logParser(builtInFormats);
  const splitter = lineSplitter();
  const add = (lines: string) => lines === '' || parser.add(lines.split('\n'));
  const bytes = Buffer.from(output);
  for (let at = 0; at < bytes.length; at += size) add(splitter.push(bytes.subarray(at, at + size)));
  add(splitter.end());
  return parser.tasks().map(({ run }) => run);
};

/** What is compared of a task, however its log was read. */
export type ReadTask = Readonly<{ task_name: string; status: string; details: TaskDetails }>;

/** Reads it as a server does that gets each line as an event, as log services do, a few of them at a time. */
export const tasksOfServer = async (output: string): Promise<readonly ReadTask[]> => {
  const { call } = await openApi();
  const events = output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((message, index) => ({ id: String(index + 1), timestamp: 1_790_000_000_000 + index, message }));
  for (let at = 0; at < events.length; at += POST) {
    const body = { log_group: 'deployments', log_stream: 'one', events: events.slice(at, at + POST) };
    const { status, text } = await call('POST', '/api/logs', body);
    if (status !== 200) throw new Error(text);
  }
  return (await call('GET', '/api/tasks')).json.tasks;
};
const POST = 7;

const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** What is wrong with the tasks that were read, line by line; nothing where all is right. */
export const mistakesIn = (tasks: readonly ReadTask[], { scenario, mode }: CdkCase): readonly string[] => {
  const names = tasks.map(({ task_name }) => task_name);
  const expected = scenario.truth.map(({ stack }) => stack);
  if (names.toSorted().join() !== expected.toSorted().join()) return [`tasks: ${names.join()}`];
  return scenario.truth.flatMap((truth) => {
    const task = tasks.find(({ task_name }) => task_name === truth.stack);
    return task === undefined ? [] : mistakesAbout(task, truth, scenario, mode);
  });
};

const mistakesAbout = (
  { status, details }: ReadTask,
  truth: Truth,
  scenario: CdkScenario,
  mode: CdkMode,
): readonly string[] => {
  const stack = scenario.stacks.find(({ name }) => name === truth.stack);
  const ended = truth.outcome === 'completed' || truth.outcome === 'no_changes' ? 'completed' : 'failed';
  const checks: readonly (readonly [field: string, isRight: boolean, reported: unknown])[] = [
    ['status', status === ended, status],
    ['outcome', outcomesOf(truth, mode).includes(details.outcome), details.outcome],
    [
      'operation',
      operationsOf(truth, mode, stack?.changeSetFails !== undefined).includes(details.operation),
      details.operation,
    ],
    [
      'failed_resources',
      (details.failed_resources ?? []).join() === (truth.failed ?? []).join(),
      details.failed_resources,
    ],
    [
      'error_message',
      words(details.error_message ?? '') === words(truth.reason ?? ''),
      details.error_message,
    ],
    [
      'retained_resources',
      // The other printers leave out rows that are neither under way nor a failure.
      mode !== 'events' || (details.retained_resources ?? []).join() === (truth.retained ?? []).join(),
      details.retained_resources,
    ],
  ];
  return checks
    .filter(([, isRight]) => !isRight)
    .map(([field, , value]) => `${truth.stack}: ${field} is ${JSON.stringify(value)}`);
};

/** In errors-only mode, no row says how the stack ended after its resources failed. */
const outcomesOf = ({ outcome }: Truth, mode: CdkMode): readonly unknown[] =>
  mode === 'errors-only' && (outcome === 'rolled_back' || outcome === 'rollback_failed')
    ? [outcome, 'failed']
    : [outcome];

/**
 * If the change set fails, creation and update look the same. In errors-only mode the verb of the failure is taken as
 * the operation, though an update may create a resource.
 */
const operationsOf = ({ operation }: Truth, mode: CdkMode, changeSetFailed: boolean): readonly unknown[] => {
  if (operation !== 'create' && operation !== 'update') return [operation];
  if (changeSetFailed) return [operation, undefined];
  return mode === 'errors-only' ? ['create', 'update', undefined] : [operation];
};
