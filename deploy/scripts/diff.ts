import { stackNameOf } from '../config.ts';
import { apiKeysVersion } from './keys.ts';
import { preflight } from './preflight.ts';
import { BUILD_OPTIONS, build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';

/** Shows what a deployment would change. It changes nothing. */
program('diff', async (args) => {
  const { config, given, values } = stackArgs(args, { values: BUILD_OPTIONS });
  const { account, region, client } = await preflight();
  say(`What deploying ${stackNameOf(config.name)} would change in account ${account}, Region ${region}:`);
  const version = await apiKeysVersion(client, config.name);
  await build(values);
  const options = { ...given, apiKeysVersion: String(version) };
  await runProgram(cdk(options, ['diff', '--no-notices']), {
    what: 'cdk diff',
    env: { ...CDK_ENV, AWS_REGION: region },
  });
});
