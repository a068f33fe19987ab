import {
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { Tables } from './tables.ts';

/** The network of functions that use the cache. */
export type Placement = Readonly<{ vpc: IVpc; securityGroup: ISecurityGroup }>;

export type NetworkProps = Readonly<{
  tables: Tables;
  sources: readonly ILogGroup[];
  zones: readonly string[];
}>;

/**
 * An isolated network: no way to or from the internet. It reaches DynamoDB through a gateway endpoint, which is free,
 * and CloudWatch Logs through an interface endpoint, in one zone because each costs.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** Of the functions. */
  readonly functions: SecurityGroup;
  /** Of the cache: only the functions may connect. */
  readonly cache: SecurityGroup;

  constructor(scope: Construct, id: string, { tables, sources, zones }: NetworkProps) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.42.0.0/24'),
      ...(zones.length === 0 ? { maxAzs: 2 } : { availabilityZones: [...zones] }),
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      restrictDefaultSecurityGroup: false,
    });
    this.vpc = vpc;
    acknowledge(vpc, {
      VPC7: 'Two functions, a cache and two endpoints, with no route out: there is no traffic to look into that the logs of the functions do not tell of',
    });

    this.functions = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Miyabi functions: out to AWS endpoints and the cache',
      allowAllOutbound: false,
    });
    this.cache = new SecurityGroup(this, 'Cache', {
      vpc,
      description: 'Miyabi cache: in from the functions',
      allowAllOutbound: false,
    });
    const endpoints = new SecurityGroup(this, 'Endpoints', {
      vpc,
      description: 'Miyabi endpoints: in from the functions',
      allowAllOutbound: false,
    });
    // DynamoDB answers from its public addresses, whose prefix list has another id in each Region. There is no other
    // route out.
    this.functions.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS endpoints');
    endpoints.addIngressRule(this.functions, Port.tcp(443), 'functions');

    const dynamodb = new GatewayVpcEndpoint(this, 'Dynamodb', {
      vpc,
      service: GatewayVpcEndpointAwsService.DYNAMODB,
    });
    dynamodb.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['dynamodb:*Item', 'dynamodb:Query'],
        resources: [...tables.arns],
      }),
    );
    const logs = new InterfaceVpcEndpoint(this, 'Logs', {
      vpc,
      service: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
      subnets: { subnets: vpc.isolatedSubnets.slice(0, 1) },
      securityGroups: [endpoints],
      open: false,
    });
    logs.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['logs:FilterLogEvents', 'logs:GetLogEvents'],
        resources: sources.map(({ logGroupArn }) => logGroupArn),
      }),
    );
  }

  /** Lets the functions connect to the cache at this port. */
  openCache(port: number): void {
    this.cache.addIngressRule(this.functions, Port.tcp(port), 'functions');
    this.functions.addEgressRule(this.cache, Port.tcp(port), 'cache');
  }

  get placement(): Placement {
    return { vpc: this.vpc, securityGroup: this.functions };
  }
}
