// Runs a composite action of GitHub as its runner does: each step as a script of its own, with files for outputs and the
// summary. It knows the part of the language that our action needs, and fails on the rest.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Ran, run } from './cli.ts';

type Step = Readonly<{
  name: string;
  id?: string;
  if?: string;
  shell: string;
  env?: Readonly<Record<string, string>>;
  run: string;
}>;

type Definition = Readonly<{
  inputs: Readonly<Record<string, Readonly<{ required?: boolean; default?: string }>>>;
  outputs?: Readonly<Record<string, Readonly<{ value: string }>>>;
  runs: Readonly<{ using: string; steps: readonly Step[] }>;
}>;

export type ActionRun = Readonly<{
  /** The exit code of the step that failed; 0 if none did. */
  code: number | null;
  /** What the steps printed. */
  log: string;
  summary: string;
  outputs: Readonly<Record<string, string>>;
  /** The names of the steps that ran. */
  ran: readonly string[];
}>;

type Values = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * `path` is the folder of action.yml, `folder` an empty one for the job. `env` is the environment of the job, and
 * `token` its `github.token`.
 */
export const runAction = async ({
  path,
  folder,
  inputs,
  env = {},
  token = '',
}: Readonly<{
  path: string;
  folder: string;
  inputs: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
  token?: string;
}>): Promise<ActionRun> => {
  // As GitHub documents it; the fields that are used are checked by using them.
  const action = parse(readFileSync(join(path, 'action.yml'), 'utf8')) as Definition;
  if (action.runs.using !== 'composite') throw new Error('this is no composite action');
  for (const name of Object.keys(inputs)) {
    if (!(name in action.inputs)) throw new Error(`action.yml has no input ${name}`);
  }
  const github = { token };
  const given = Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [
      name,
      inputs[name] ?? filled(input.default ?? '', { github }),
    ]),
  );
  const temp = join(folder, 'runner-temp');
  mkdirSync(temp, { recursive: true });
  const summaryFile = join(folder, 'summary.md');
  writeFileSync(summaryFile, '');
  const outputs: Record<string, Record<string, string>> = {};
  const ran: string[] = [];
  let log = '';
  let failed: Ran | undefined;
  for (const [index, step] of action.runs.steps.entries()) {
    const values: Values = { inputs: given, env, github, ...outputs };
    if (!isDue(step.if, failed !== undefined, values)) continue;
    if (step.shell !== 'bash') throw new Error(`the shell ${step.shell} is not known here`);
    const outputFile = join(temp, `output-${index}`);
    writeFileSync(outputFile, '');
    const script = join(temp, `step-${index}.sh`);
    writeFileSync(script, step.run);
    const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, values)] as const);
    // The shell as GitHub starts it.
    const bash = ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', script];
    const done = await run(['sh', '-c', 'cd "$0" && exec "$@"', folder, ...bash], {
      env: {
        ...env,
        ...Object.fromEntries(own),
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION_PATH: path,
        GITHUB_OUTPUT: outputFile,
        GITHUB_STEP_SUMMARY: summaryFile,
        RUNNER_TEMP: temp,
      },
    });
    ran.push(step.name);
    log += done.stdout + done.stderr;
    if (step.id !== undefined)
      outputs[`steps.${step.id}.outputs`] = pairsIn(readFileSync(outputFile, 'utf8'));
    if (done.code !== 0) failed ??= done;
  }
  return {
    code: failed === undefined ? 0 : failed.code,
    log,
    summary: readFileSync(summaryFile, 'utf8'),
    outputs: Object.fromEntries(
      Object.entries(action.outputs ?? {}).map(([name, { value }]) => [name, filled(value, outputs)]),
    ),
    ran,
  };
};

const pairsIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^([\w-]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));

/** A step without a condition is skipped after a failure. */
const isDue = (condition: string | undefined, hasFailed: boolean, values: Values): boolean => {
  if (condition === undefined) return !hasFailed;
  const parts = condition.split('&&').map((part) => part.trim());
  if (!parts.includes('always()') && hasFailed) return false;
  return parts.filter((part) => part !== 'always()').every((part) => evaluated(part, values) !== '');
};

const filled = (text: string, values: Values): string =>
  text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluated(expression, values));

/** The first that is not empty of parts such as `inputs.name`, `steps.run.outputs.id` and `'text'`. */
const evaluated = (expression: string, values: Values): string => {
  for (const part of expression.split('||').map((one) => one.trim())) {
    const literal = /^'([^']*)'$/.exec(part)?.[1];
    const [, context = '', name = ''] = /^([\w.-]+)\.([\w-]+)$/.exec(part) ?? [];
    if (literal === undefined && context === '') throw new Error(`the expression ${part} is not known here`);
    const value = literal ?? values[context]?.[name] ?? '';
    if (value !== '') return value;
  }
  return '';
};
