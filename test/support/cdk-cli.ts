import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnv, scratch } from './cli.ts';
import { ACCOUNT, type FakeStack, fakeCloudFormation, REGION } from './fake-cloudformation.ts';
import { inTerminal } from './terminal.ts';

/** A stack of the deployed app, and what CloudFormation will do with it. */
export type AppStack = FakeStack &
  Readonly<{
    /** The stack's path in its app, where that is not its name. */
    displayName?: string;
    /** Construct paths within the stack by logical id; by default the id without its hash. */
    paths?: Readonly<Record<string, string>>;
    /** Names of stacks that have to be deployed before it. */
    dependsOn?: readonly string[];
    /** What is deployed now: the same template, one with another value of every property, or no resources. */
    deployed?: 'same' | 'older';
  }>;

/** `events` and `errors-only` on a pipe, `bar` on a terminal. */
export type CdkMode = 'events' | 'bar' | 'errors-only';

export type CdkRun = Readonly<{ code: number | null; output: string; unknown: readonly string[] }>;

/** The CLI under test: that of `CDK_CLI`, the path of a `bin/cdk`, or the pinned one. */
const CDK_BIN: string =
  process.env.CDK_CLI ??
  join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin/cdk');

export const cdkVersion = (): string =>
  (JSON.parse(readFileSync(join(dirname(CDK_BIN), '../package.json'), 'utf8')) as { version: string })
    .version;

/** The modes of the CLI under test. Only another than the pinned version is asked, as that takes a while. */
export const cdkModes = (all: readonly CdkMode[]): readonly CdkMode[] => {
  if (process.env.CDK_CLI === undefined) return all;
  const { stdout } = spawnSync(process.execPath, [CDK_BIN, 'deploy', '--help'], { encoding: 'utf8' });
  return all.filter((mode) => stdout.includes(`"${mode}"`));
};

/** What the CLI loads before itself: it polls quickly, and starts quickly. */
export const PRELOADED: readonly string[] = [
  new URL('./quick-polls.cjs', import.meta.url),
  new URL('./code-cache.cjs', import.meta.url),
].map((url) => `--require=${fileURLToPath(url)}`);

/** Runs the CDK CLI on an app of these stacks, against its own fake CloudFormation. */
export const runCdk = async (
  stacks: readonly AppStack[],
  command: readonly string[],
  {
    mode,
    columns = 100,
    env = {},
    onlyStdout = false,
  }: Readonly<{
    mode: CdkMode | undefined;
    columns?: number;
    env?: Readonly<Record<string, string>>;
    onlyStdout?: boolean;
  }>,
): Promise<CdkRun> => {
  const folder = scratch();
  const aws = await fakeCloudFormation(
    stacks.map((stack) =>
      stack.deployed === undefined
        ? stack
        : {
            // Versions that do not compare the templates themselves learn it from CloudFormation.
            ...(stack.deployed === 'same' && { changeSetFails: { reason: NO_CHANGES } }),
            ...stack,
            deployedTemplate: templateOf(stack, stack.deployed === 'same' ? 'new' : 'old'),
          },
    ),
  );
  try {
    const assembly = join(folder.path, 'cdk.out');
    writeAssembly(assembly, stacks);
    const argv = [
      process.execPath,
      ...PRELOADED,
      CDK_BIN,
      ...command.map((word) => word.replace('$FOLDER', folder.path)),
      '--app',
      assembly,
      '--no-notices',
      // Events are what a pipe gets, and the bar a terminal. Commands that do not list this option follow it all the same.
      ...(mode === 'errors-only' ? ['--progress', mode] : []),
    ];
    const settings = {
      HOME: folder.path,
      // It is not ours to count, and takes twice as long while it is.
      NODE_V8_COVERAGE: '',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: 'true',
      ...env,
    };
    const { code, output } =
      mode === 'bar'
        ? await inTerminal(argv, { rows: 40, columns, env: settings, limitSeconds: 240 })
        : await onOnePipe(argv, settings, { cwd: folder.path, onlyStdout });
    return { code, output, unknown: aws.unknown };
  } finally {
    await aws.close();
    folder.remove();
  }
};

/** Both streams through one pipe, in the order in which they were written, as a log file or `2>&1` has them. */
const onOnePipe = async (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { cwd, onlyStdout }: Readonly<{ cwd: string; onlyStdout: boolean }>,
): Promise<Readonly<{ code: number | null; output: string }>> => {
  const child = spawn('sh', ['-c', `exec "$@" 2>${onlyStdout ? '/dev/null' : '&1'}`, 'sh', ...argv], {
    env: cleanEnv(env),
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output: Buffer.concat(chunks).toString('utf8') };
};

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

/** A cloud assembly as `cdk synth` leaves it, without the minutes that synthesis takes. */
const writeAssembly = (folder: string, stacks: readonly AppStack[]): void => {
  mkdirSync(folder, { recursive: true });
  const artifacts = stacks.map((stack) => {
    const file = `${stack.name}.template.json`;
    writeFileSync(join(folder, file), JSON.stringify(templateOf(stack, 'new')));
    return [
      artifactId(stack),
      {
        type: 'aws:cloudformation:stack',
        environment: `aws://${ACCOUNT}/${REGION}`,
        properties: { templateFile: file, stackName: stack.name },
        displayName: stack.displayName ?? stack.name,
        dependencies: stack.dependsOn ?? [],
        metadata: Object.fromEntries(
          topLevel(stack).map(([id]) => [
            `/${stack.displayName ?? stack.name}/${stack.paths?.[id] ?? id.replace(/[0-9A-F]{8}$/, '')}/Resource`,
            [{ type: 'aws:cdk:logicalId', data: id }],
          ]),
        ),
      },
    ] as const;
  });
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({ version: '36.0.0', artifacts: Object.fromEntries(artifacts) }),
  );
  writeFileSync(
    join(folder, '..', 'resources.json'),
    JSON.stringify(
      Object.fromEntries(
        stacks.flatMap(topLevel).map(([id]) => [id, { Name: `${id.toLowerCase()}-physical` }]),
      ),
    ),
  );
};

/** That of a stack in a stage is made of its path; the CLI then shows its path and its name. */
const artifactId = ({ name, displayName }: AppStack): string =>
  displayName === undefined ? name : `${displayName.replaceAll('/', '')}5E9D4C3B`;

const topLevel = (stack: AppStack): readonly (readonly [string, string])[] =>
  Object.entries(stack.resources).filter(([id]) => !id.includes('/'));

const templateOf = (stack: AppStack, version: 'old' | 'new') => ({
  Resources: Object.fromEntries(
    topLevel(stack).map(([id, type]) => [
      id,
      {
        Type: type,
        Properties: propertiesOf(id, type, version),
        DeletionPolicy: 'Retain',
      },
    ]),
  ),
});

const propertiesOf = (id: string, type: string, version: 'old' | 'new') =>
  type === 'AWS::Lambda::Function'
    ? { FunctionName: 'handler', Environment: { Variables: { VERSION: version } } }
    : { Name: `${id.toLowerCase()}-physical`, Version: version };
