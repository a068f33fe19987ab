import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import { defined } from '../../src/domain/defined.ts';
import { acknowledge, acknowledgeCheckov } from '../acknowledge.ts';
import type { Placement } from './network.ts';

export type NodeFunctionProps = Readonly<{
  name: string;
  description: string;
  /** An archive or a folder with `index.mjs` in it. */
  artifact: string;
  environment: Readonly<Record<string, string>>;
  key: IKey | undefined;
  logGroup: ILogGroup;
  memoryMb: number;
  timeoutSeconds: number;
  /** Executions at once that it has for itself and cannot exceed; 0 and undefined reserve none. */
  concurrency?: number;
  tracing?: boolean;
  placement?: Placement | undefined;
}>;

/**
 * Permissions that Lambda itself needs in a VPC, through the role of the function; the function's code must not have
 * them.
 */
const INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
const LOOKUPS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** A function with a role that may write its own logs and, at first, nothing else. */
export class NodeFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { name, placement, logGroup, tracing = false } = props;
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    if (placement !== undefined) this.#allowInterfaces(name);
    // Lambda decrypts the environment with the role's permissions.
    props.key?.grantDecrypt(this.role);

    this.function = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.artifact),
      memorySize: props.memoryMb,
      // Earlier versions stay, for `npm run rollback`.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(props.concurrency ? { reservedConcurrentExecutions: props.concurrency } : {}),
      environment: { POWERTOOLS_SERVICE_NAME: name, ...props.environment },
      ...defined({ environmentEncryption: props.key }),
      role: this.role,
      logGroup,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(placement === undefined
        ? {}
        : {
            vpc: placement.vpc,
            vpcSubnets: { subnets: placement.vpc.isolatedSubnets },
            securityGroups: [placement.securityGroup],
          }),
    });
    acknowledgeFunction(this.function, {
      hasLimit: Boolean(props.concurrency),
      isInNetwork: placement !== undefined,
      hasKey: props.key !== undefined,
    });
    acknowledge(this.role, {
      ...(placement === undefined
        ? {}
        : {
            'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]':
              'Lambda gives the interfaces their ids; the code of the function is denied what Lambda is allowed',
          }),
      ...(placement === undefined && !tracing
        ? {}
        : {
            'IAM5[Resource::*]': 'Describing interfaces and subnets, and sending traces, know no resources',
          }),
    });
  }

  #allowInterfaces(name: string): void {
    const { region, account, partition } = Stack.of(this);
    this.role.addToPolicy(new PolicyStatement({ actions: LOOKUPS, resources: ['*'] }));
    this.role.addToPolicy(
      new PolicyStatement({
        actions: INTERFACES,
        resources: [`arn:${partition}:ec2:${region}:${account}:*/*`],
      }),
    );
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: [...INTERFACES, ...LOOKUPS],
        resources: ['*'],
        conditions: {
          ArnEquals: {
            'lambda:SourceFunctionArn': `arn:${partition}:lambda:${region}:${account}:function:${name}`,
          },
        },
      }),
    );
  }
}

/** What checkov asks of every function, also of those that the CDK makes. */
export const acknowledgeFunction = (
  fn: IConstruct,
  { hasLimit, isInNetwork, hasKey }: Readonly<{ hasLimit: boolean; isInNetwork: boolean; hasKey: boolean }>,
): void =>
  acknowledgeCheckov(fn, {
    ...(hasLimit ? {} : { 115: 'A reservation takes executions from the account for good: it is an option' }),
    116: 'Called synchronously, or with an on-failure destination, or by a schedule whose next run does the rest',
    ...(isInNetwork ? {} : { 117: 'It reaches nothing private, and needs AWS services or the internet' }),
    ...(hasKey
      ? {}
      : {
          173: 'AWS encrypts its environment with a key of its own; with a cache password in it there is a key of ours',
        }),
  });
