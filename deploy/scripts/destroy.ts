import { MiyabiError } from '../../src/domain/errors.ts';
import { apiKeysParameterOf, stackNameOf, tableNamesOf } from '../config.ts';
import { resolveOptions } from '../options.ts';
import { preflight, requireBootstrap } from './preflight.ts';
import { build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';
import { setTerminationProtection, stackState } from './stacks.ts';

/** Deletes the system, except its data: `npm run destroy -- --confirm Miyabi`. */
program('destroy', async (args) => {
  const { config, given, file, values } = stackArgs(args, { values: ['confirm'] });
  const { name } = config;
  const stack = stackNameOf(name);
  const target = await preflight();
  const { account, region, client } = target;
  const state = await stackState(client, stack);
  if (state === undefined) {
    throw new MiyabiError(
      'configuration',
      `There is no stack ${stack} in account ${account}, Region ${region}`,
    );
  }
  const { config: resolved, options } = resolveOptions({ given, file, stored: state.options });
  const tables = tableNamesOf(resolved);
  say(
    `Account ${account}, Region ${region}. This goes: API, collector, sender, cache, network, dashboard, alarms.`,
  );
  say(
    `This stays: tables ${tables.tasks}, ${tables.projects} and ${tables.webhooks}, log groups /${name}/*, the dashboard's bucket,`,
  );
  say(
    `the parameter ${apiKeysParameterOf(name)}. A later deployment takes tables and log groups over again.`,
  );
  if (values['confirm'] !== stack) {
    throw new MiyabiError('configuration', `Nothing was changed: add --confirm ${stack} to go ahead`);
  }
  await requireBootstrap(target, resolved.qualifier);
  await build({});
  await setTerminationProtection(client, stack, false);
  await runProgram(cdk({ ...options, protect: 'false' }, ['destroy', '--no-notices', '--force']), {
    what: 'cdk destroy',
    // Only the name of the stack is read from the template, so it is not validated.
    env: { ...CDK_ENV, AWS_REGION: region, CDK_VALIDATION: 'false' },
  });
});
