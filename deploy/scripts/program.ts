import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { reportFailure } from '../../src/cli/report-failure.ts';
import { MiyabiError } from '../../src/domain/errors.ts';
import { buildOnce } from '../build/build-record.ts';
import { ROOT } from '../build/bundle.ts';
import { CHOICES, type DeployConfig, readDeployConfig } from '../config.ts';
import { type OptionTexts, readOptionsFile } from '../options.ts';

// The SDK warns about Node 20 on every command; the scripts use nothing that needs a newer one.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Runs a script to its end: a failure is one line and exit code 1. */
export const program = (name: string, main: (args: readonly string[]) => Promise<void>): void => {
  main(process.argv.slice(2)).catch((error: unknown) => reportFailure(name, error));
};

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** The options of a deployment, one per line. */
export const sayOptions = ({ lines }: Readonly<{ lines: readonly string[] }>): void => {
  say(lines.length === 0 ? 'All options are at their defaults.' : 'Options:');
  for (const line of lines) say(line);
};

/** The arguments of the scripts for a stack: `-c option=value`, as for the CDK, and their own flags and values. */
export type StackArgs = Readonly<{
  /** What the command line and the file choose, without what the stack remembers. */
  config: DeployConfig;
  /** What `-c` gave. */
  given: OptionTexts;
  /** What the file of `--config`, or `miyabi.deploy.json`, says. */
  file: OptionTexts | undefined;
  flags: Readonly<Record<string, boolean>>;
  values: Readonly<Record<string, string>>;
}>;

/** @throws MiyabiError `configuration` for an unknown argument, or a wrong option. */
export const stackArgs = (
  args: readonly string[],
  own: Readonly<{ flags?: readonly string[]; values?: readonly string[] }> = {},
): StackArgs => {
  const { flags = [], values = [] } = own;
  const parsed = parse(args, {
    context: { type: 'string', short: 'c', multiple: true },
    config: { type: 'string' },
    ...Object.fromEntries(flags.map((flag) => [flag, { type: 'boolean' as const }])),
    ...Object.fromEntries(values.map((value) => [value, { type: 'string' as const }])),
  });
  // Declared above as a string that may repeat.
  const pairs = (parsed['context'] ?? []) as readonly string[];
  const given = Object.fromEntries(
    pairs.map((pair) => {
      const [, option = '', value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
      if (!CHOICES.some((known) => known === option)) {
        throw new MiyabiError('configuration', `-c ${pair}: the options are ${CHOICES.join(', ')}`);
      }
      return [option, value];
    }),
  );
  const named = parsed['config'];
  const file = readOptionsFile(typeof named === 'string' ? named : undefined);
  return {
    config: readDeployConfig({ ...file, ...given }),
    given,
    file,
    flags: Object.fromEntries(flags.map((flag) => [flag, parsed[flag] === true])),
    values: Object.fromEntries(
      values.flatMap((value) => (typeof parsed[value] === 'string' ? [[value, parsed[value]]] : [])),
    ),
  };
};

type Options = Readonly<Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>>;

/** @throws MiyabiError `configuration` that names the possible arguments. */
export const parse = (args: readonly string[], options: Options): Readonly<Record<string, unknown>> => {
  try {
    return parseArgs({ args: [...args], options: { ...options } }).values;
  } catch (error) {
    const known = Object.keys(options).map((option) => `--${option}`);
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error);
    throw new MiyabiError('configuration', `${reason}; there are ${known.join(', ')}`, { cause: error });
  }
};

/** Runs a program with our own input and output. @throws MiyabiError `configuration` if it fails. */
export const runProgram = async (
  command: readonly string[],
  {
    what,
    cwd = ROOT,
    env = {},
  }: Readonly<{ what: string; cwd?: string; env?: Readonly<Record<string, string>> }>,
): Promise<void> => {
  const [file = '', ...args] = command;
  const code = await new Promise<number | string | null>((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  if (code !== 0) throw new MiyabiError('configuration', `${what} failed (${code}); its reason is above`);
};

export const CDK_CLI = `${ROOT}node_modules/aws-cdk/bin/cdk`;

/** The CDK's command line on our app with these options. */
export const cdk = (
  given: Readonly<Record<string, string>>,
  command: readonly string[],
): readonly string[] => [
  process.execPath,
  CDK_CLI,
  ...command,
  ...Object.entries(given).flatMap(([option, value]) => ['-c', `${option}=${value}`]),
];

/** Where the CDK's command line puts the assembly, as set in `cdk.json`. */
export const CDK_OUT = 'cdk.out';

/** No version check and no telemetry. */
export const CDK_ENV = { CDK_DISABLE_VERSION_CHECK: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' };

/** The options of `build:lambda`, which every script that builds passes on. */
export const BUILD_OPTIONS = ['log-formats'] as const;

/** Builds everything that is deployed, with the parts that the options add, unless nothing has changed since the last build. */
export const build = async (options: Readonly<Record<string, string | undefined>>): Promise<void> => {
  const given = BUILD_OPTIONS.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  const { 'log-formats': formats } = options;
  const files = formats === undefined ? [] : [resolve(formats)];
  const isBuilt = await buildOnce(ROOT, { options: given, files }, async () => {
    await runProgram(['npm', 'run', '--silent', 'build'], { what: 'The build' });
    await runProgram(['npm', 'run', '--silent', 'build:lambda', '--', ...given], {
      what: 'The build of the bundles',
    });
  });
  if (!isBuilt) say('Nothing has changed since the last build, so it is used again.');
};

/** @throws MiyabiError `configuration` if there is no terminal to ask on. */
export const requireTerminal = (done: string): void => {
  if (process.stdin.isTTY) return;
  throw new MiyabiError(
    'configuration',
    `There is no terminal to ask on: with --yes it is ${done} without asking`,
  );
};

/** Asks on the terminal. Only y and yes agree. */
export const agreed = async (prompt: string): Promise<boolean> =>
  /^y(es)?$/i.test(await answerTo(`${prompt} [y/N] `));

export const answerTo = async (prompt: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(prompt)).trim();
  } finally {
    terminal.close();
  }
};
