import { stackNameOf } from '../config.ts';
import { apiKeysVersion } from './keys.ts';
import { preflight } from './preflight.ts';
import { build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';

/** Shows what a deployment would change. It changes nothing. */
program('diff', async (args) => {
  const { config, given, values } = stackArgs(args, { values: ['log-formats'] });
  const { account, region, client } = await preflight();
  say(`What deploying ${stackNameOf(config.name)} would change in account ${account}, Region ${region}:`);
  const version = await apiKeysVersion(client, config.name);
  await build(values['log-formats']);
  const options = { ...given, apiKeysVersion: String(version) };
  await runProgram(cdk(options, ['diff', '--no-notices']), {
    what: 'cdk diff',
    env: { ...CDK_ENV, AWS_REGION: region },
  });
});
