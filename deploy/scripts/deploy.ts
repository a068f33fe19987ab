import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { MiyabiError } from '../../src/domain/errors.ts';
import { ROOT } from '../build/bundle.ts';
import { stackNameOf } from '../config.ts';
import { apiKeysVersion, ensureApiKeys } from './keys.ts';
import { preflight } from './preflight.ts';
import { BUILD_OPTIONS, build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';
import { smoke } from './smoke-checks.ts';
import { FAILED_CREATION, setTerminationProtection, stackStatus } from './stacks.ts';

const OUTPUTS = 'cdk.out/outputs.json';

/** Deploys a system from the sources: checks, builds, shows the changes, asks, deploys, and tests it. */
program('deploy', async (args) => {
  const { config, given, flags, values } = stackArgs(args, { flags: ['yes'], values: BUILD_OPTIONS });
  const stack = stackNameOf(config.name);
  if (flags['yes'] !== true && !process.stdin.isTTY) {
    throw new MiyabiError(
      'configuration',
      'There is no terminal to ask on: use --yes to deploy without asking',
    );
  }
  const { account, region, client } = await preflight();
  say(`${stack} into account ${account}, Region ${region}, cache ${config.cache}.`);
  await build(values);
  const env = { ...CDK_ENV, AWS_REGION: region };
  const status = await stackStatus(client, stack);
  // A protected stack whose first deployment failed could be neither replaced nor deleted.
  const isFirst = status === undefined || FAILED_CREATION.test(status);
  if (isFirst && status !== undefined) {
    say(`${stack} is ${status} after a failed first deployment: it is deleted and created again.`);
    await setTerminationProtection(client, stack, false);
  }
  const options = { ...given, protect: String(!isFirst) };
  const before = { ...options, apiKeysVersion: String(await apiKeysVersion(client, config.name)) };
  await runProgram(cdk(before, ['diff', '--no-notices']), { what: 'cdk diff', env });
  if (flags['yes'] !== true && !(await agreed(`Deploy this to account ${account}?`))) {
    say('Nothing was changed.');
    return;
  }
  const { version, key } = await ensureApiKeys(client, config.name);
  // Adopts tables and log groups that an earlier stack of this name left, with their data.
  const deploy = cdk({ ...options, apiKeysVersion: String(version) }, [
    ...['deploy', '--no-notices', '--require-approval', 'never', '--progress', 'events'],
    ...['--import-existing-resources', '--outputs-file', OUTPUTS],
  ]);
  const miyabi = [
    process.execPath,
    join(ROOT, 'dist/entrypoints/cli.js'),
    'run',
    '--name',
    `deploy ${stack}`,
    '--',
  ];
  await runProgram([...miyabi, ...deploy], { what: 'cdk deploy', env });
  if (isFirst) await setTerminationProtection(client, stack, true);

  // The CDK CLI wrote it: outputs by stack.
  const outputs = JSON.parse(await readFile(join(ROOT, OUTPUTS), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const { ApiUrl, DashboardUrl } = outputs[stack] ?? {};
  if (ApiUrl === undefined) throw new MiyabiError('configuration', `${OUTPUTS} names no ApiUrl of ${stack}`);
  say(`API ${ApiUrl}`);
  if (DashboardUrl !== undefined) say(`Dashboard ${DashboardUrl}`);
  await smoke({ url: ApiUrl, key: key ?? process.env['MIYABI_API_KEY'], token: process.env['MIYABI_TOKEN'] });
});

const agreed = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
};
