import { stackNameOf } from '../config.ts';
import { resolveOptions } from '../options.ts';
import { apiKeysVersion } from './keys.ts';
import { preflight, requireBootstrap } from './preflight.ts';
import {
  BUILD_OPTIONS,
  build,
  CDK_ENV,
  cdk,
  program,
  runProgram,
  say,
  sayOptions,
  stackArgs,
} from './program.ts';
import { deployedStack } from './stacks.ts';
import { firstShards } from './task-table.ts';

/** Shows what a deployment would change. It changes nothing. */
program('diff', async (args) => {
  const { config: known, given, file, values } = stackArgs(args, { values: BUILD_OPTIONS });
  const stack = stackNameOf(known.name);
  const target = await preflight();
  const { account, region, client } = target;
  const { stored, isFirst } = await deployedStack(client, stack, { file, given });
  const shards = isFirst ? await firstShards(client, { given, file }) : {};
  const resolved = resolveOptions({ given: { ...shards, ...given }, file, stored });
  await requireBootstrap(target, resolved.config.qualifier);
  say(`What deploying ${stack} would change in account ${account}, Region ${region}:`);
  sayOptions(resolved);
  const version = await apiKeysVersion(client, known.name);
  await build(values);
  const options = { ...resolved.options, apiKeysVersion: String(version) };
  await runProgram(cdk(options, ['diff', '--no-notices']), {
    what: 'cdk diff',
    env: { ...CDK_ENV, AWS_REGION: region },
  });
});
