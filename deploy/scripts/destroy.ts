import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { MiyabiError } from '../../src/domain/errors.ts';
import { apiKeysParameterOf, stackNameOf } from '../config.ts';
import { preflight, translating } from './preflight.ts';
import { build, CDK_ENV, cdk, program, runProgram, say, stackArgs } from './program.ts';

/** Takes the system away, all but its data: `npm run destroy -- --confirm Miyabi`. */
program('destroy', async (args) => {
  const { config, given, values } = stackArgs(args, { values: ['confirm'] });
  const { name } = config;
  const stack = stackNameOf(name);
  const { account, region, client } = await preflight();
  const cloudformation = new CloudFormationClient(client);
  if (!(await exists(cloudformation, stack))) {
    throw new MiyabiError(
      'configuration',
      `There is no stack ${stack} in account ${account}, Region ${region}`,
    );
  }
  say(
    `Account ${account}, Region ${region}. This goes: API, collector, sender, cache, network, dashboard, alarms.`,
  );
  say(
    `This stays: tables ${name}-tasks and ${name}-projects, log groups /${name}/*, the bucket of the dashboard,`,
  );
  say(
    `the parameter ${apiKeysParameterOf(name)}. A later deployment takes tables and log groups over again.`,
  );
  if (values['confirm'] !== stack) {
    throw new MiyabiError('configuration', `Nothing was done: --confirm ${stack} does it`);
  }
  await build({});
  await translating(() =>
    cloudformation.send(
      new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: false }),
    ),
  );
  await runProgram(cdk(given, ['destroy', '--no-notices', '--force']), {
    what: 'cdk destroy',
    env: { ...CDK_ENV, AWS_REGION: region },
  });
});

const exists = (client: CloudFormationClient, stack: string): Promise<boolean> =>
  translating(async () => {
    try {
      await client.send(new DescribeStacksCommand({ StackName: stack }));
      return true;
    } catch (error) {
      if (error instanceof Error && /does not exist/.test(error.message)) return false;
      throw error;
    }
  });
