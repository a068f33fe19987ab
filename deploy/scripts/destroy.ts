import { MiyabiError } from '../../src/domain/errors.ts';
import { apiKeysParameterOf, stackNameOf } from '../config.ts';
import { preflight } from './preflight.ts';
import { build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';
import { setTerminationProtection, stackStatus } from './stacks.ts';

/** Deletes the system, except its data: `npm run destroy -- --confirm Miyabi`. */
program('destroy', async (args) => {
  const { config, given, values } = stackArgs(args, { values: ['confirm'] });
  const { name } = config;
  const stack = stackNameOf(name);
  const { account, region, client } = await preflight();
  if ((await stackStatus(client, stack)) === undefined) {
    throw new MiyabiError(
      'configuration',
      `There is no stack ${stack} in account ${account}, Region ${region}`,
    );
  }
  say(
    `Account ${account}, Region ${region}. This goes: API, collector, sender, cache, network, dashboard, alarms.`,
  );
  say(
    `This stays: tables ${name}-tasks, ${name}-projects and ${name}-webhooks, log groups /${name}/*, the dashboard's bucket,`,
  );
  say(
    `the parameter ${apiKeysParameterOf(name)}. A later deployment takes tables and log groups over again.`,
  );
  if (values['confirm'] !== stack) {
    throw new MiyabiError('configuration', `Nothing was changed: add --confirm ${stack} to go ahead`);
  }
  await build({});
  await setTerminationProtection(client, stack, false);
  await runProgram(cdk({ ...given, protect: 'false' }, ['destroy', '--no-notices', '--force']), {
    what: 'cdk destroy',
    env: { ...CDK_ENV, AWS_REGION: region },
  });
});
