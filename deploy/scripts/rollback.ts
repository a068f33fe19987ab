import { CodeDeployClient, ListDeploymentsCommand, StopDeploymentCommand } from '@aws-sdk/client-codedeploy';
import {
  GetAliasCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  type ListVersionsByFunctionCommandOutput,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { MiyabiError } from '../../src/domain/errors.ts';
import { type ClientSettings, preflight, translating } from './preflight.ts';
import { agreed, program, requireTerminal, say, stackArgs } from './program.ts';

/** Every update makes a version of the function; the alias names the one that answers. */
const ALIAS = 'live';

/** Gives the API's traffic back to an earlier version at once, even while an alarm fires: `npm run rollback`. */
program('rollback', async (args) => {
  const { config, flags, values } = stackArgs(args, { flags: ['yes'], values: ['to'] });
  const isAsking = flags['yes'] !== true;
  if (isAsking) requireTerminal('rolled back');
  const { account, region, client } = await preflight();
  const name = `${config.name}-api`;
  const deployment = await runningDeployment(client, name);
  if (deployment !== undefined && values['to'] === undefined) {
    say(`Account ${account}, Region ${region}: deployment ${deployment} of ${name} is under way.`);
    if (isAsking && !(await agreed('Stop it, and give all traffic back to the version before?'))) {
      say('Nothing was changed.');
      return;
    }
    await stop(client, deployment);
    say('Stopped. CodeDeploy gives the traffic back within seconds.');
    return;
  }
  const versions = await versionsOf(client, name);
  const current = await liveVersion(client, name);
  const target = targetOf(versions, current, values['to']);
  say(`Account ${account}, Region ${region}: ${name} answers with version ${current}.`);
  if (isAsking && !(await agreed(`Give all traffic to version ${target}?`))) {
    say('Nothing was changed.');
    return;
  }
  if (deployment !== undefined) await stop(client, deployment);
  await translating(() =>
    new LambdaClient(client).send(
      new UpdateAliasCommand({
        FunctionName: name,
        Name: ALIAS,
        FunctionVersion: String(target),
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    ),
  );
  say(`${name} answers with version ${target}. It stays so until a deployment changes the function.`);
});

/** The published versions, ascending. */
const versionsOf = (client: ClientSettings, name: string): Promise<readonly number[]> =>
  translating(async () => {
    const lambda = new LambdaClient(client);
    const versions: number[] = [];
    let Marker: string | undefined;
    do {
      const page: ListVersionsByFunctionCommandOutput = await lambda.send(
        new ListVersionsByFunctionCommand({ FunctionName: name, Marker }),
      );
      for (const { Version } of page.Versions ?? [])
        if (/^\d+$/.test(Version ?? '')) versions.push(Number(Version));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    return versions.sort((a, b) => a - b);
  });

const liveVersion = (client: ClientSettings, name: string): Promise<number> =>
  translating(async () => {
    const found = await new LambdaClient(client).send(
      new GetAliasCommand({ FunctionName: name, Name: ALIAS }),
    );
    return Number(found.FunctionVersion);
  });

/** @throws MiyabiError `configuration` where there is no such version, or none before. */
const targetOf = (versions: readonly number[], current: number, wanted: string | undefined): number => {
  if (wanted === undefined) {
    const before = versions.filter((version) => version < current).at(-1);
    if (before !== undefined) return before;
    throw new MiyabiError('configuration', `Version ${current} has no earlier one to go back to`);
  }
  const target = versions.find((version) => String(version) === wanted);
  if (target !== undefined) return target;
  throw new MiyabiError('configuration', `There is no version ${wanted}; there are ${versions.join(', ')}`);
};

const runningDeployment = (client: ClientSettings, name: string): Promise<string | undefined> =>
  translating(async () => {
    const codedeploy = new CodeDeployClient(client);
    const { deployments } = await codedeploy.send(
      new ListDeploymentsCommand({
        applicationName: name,
        includeOnlyStatuses: ['InProgress', 'Created', 'Queued'],
      }),
    );
    return deployments?.[0];
  });

const stop = (client: ClientSettings, deploymentId: string): Promise<unknown> =>
  translating(() =>
    new CodeDeployClient(client).send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true })),
  );
