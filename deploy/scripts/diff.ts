import { stackNameOf } from '../config.ts';
import { requireKnownOptions, resolveOptions } from '../options.ts';
import { apiKeysVersion } from './keys.ts';
import { preflight, requireBootstrap } from './preflight.ts';
import { BUILD_OPTIONS, build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';
import { FAILED_CREATION, stackState } from './stacks.ts';

/** Shows what a deployment would change. It changes nothing. */
program('diff', async (args) => {
  const { config: known, given, file, values } = stackArgs(args, { values: BUILD_OPTIONS });
  const stack = stackNameOf(known.name);
  const target = await preflight();
  const { account, region, client } = target;
  const state = await stackState(client, stack);
  const isFirst = state === undefined || FAILED_CREATION.test(state.status);
  const stored = isFirst ? undefined : state.options;
  if (!isFirst) requireKnownOptions(stack, { stored, file, given });
  const { config, lines, options: resolved } = resolveOptions({ given, file, stored });
  await requireBootstrap(target, config.qualifier);
  say(`What deploying ${stack} would change in account ${account}, Region ${region}:`);
  say(lines.length === 0 ? 'All options are at their defaults.' : 'Options:');
  for (const line of lines) say(line);
  const version = await apiKeysVersion(client, known.name);
  await build(values);
  const options = { ...resolved, apiKeysVersion: String(version) };
  await runProgram(cdk(options, ['diff', '--no-notices']), {
    what: 'cdk diff',
    env: { ...CDK_ENV, AWS_REGION: region },
  });
});
