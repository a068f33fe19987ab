import { Stack } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Alias, CfnAlias, CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { NodeFunction } from './node-function.ts';

export type RolloutProps = Readonly<{
  name: string;
  api: LambdaFunction;
  alias: Alias;
  alarms: readonly IAlarm[];
  hookArtifact: string;
  key: IKey | undefined;
  logGroup: ILogGroup;
  /** Moves the alias at once: CodeDeploy would refuse to begin while an alarm fires. */
  now: boolean;
}>;

/**
 * A new version of the API gets no traffic until the hook has called it, then a tenth for five minutes, then all. If an
 * alarm goes off or the hook fails, the old version gets all traffic again.
 */
export class Rollout extends Construct {
  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const { name, api, alias, alarms, key, logGroup, now } = props;
    const hook = new NodeFunction(this, 'Hook', {
      name: `${name}-pre-traffic`,
      description: 'Calls a new version of the API before it gets traffic',
      artifact: props.hookArtifact,
      environment: { TARGET_VERSION: api.currentVersion.functionArn },
      key,
      logGroup,
      memoryMb: 256,
      timeoutSeconds: 60,
    });
    hook.role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [api.currentVersion.functionArn],
      }),
    );
    const group = new LambdaDeploymentGroup(this, 'Deployments', {
      application: new LambdaApplication(this, 'Application', { applicationName: `${name}-api` }),
      alias,
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      preHook: hook.function,
      alarms: [...alarms],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    // An Alias of the CDK is one CfnAlias.
    if (now) (alias.node.defaultChild as CfnAlias).addDeletionOverride('UpdatePolicy');
    acknowledge(group.role, {
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]':
        'The policy that AWS keeps for what CodeDeploy does with functions',
      [`IAM5[Resource::<${logicalIdOf(hook.function)}.Arn>:*]`]: 'The hook, in any of its versions',
    });
  }
}

const logicalIdOf = (fn: LambdaFunction): string =>
  // The CDK types every default child as a construct.
  Stack.of(fn).getLogicalId(fn.node.defaultChild as CfnFunction);
