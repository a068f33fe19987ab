import {
  CfnDeletionPolicy,
  type CfnResource,
  type Duration,
  type SecretsManagerSecretOptions,
  SecretValue,
} from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  CfnReplicationGroup,
  CfnServerlessCache,
  CfnSubnetGroup,
  CfnUser,
  CfnUserGroup,
} from 'aws-cdk-lib/aws-elasticache';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeCheckov, OWN_KEY } from '../acknowledge.ts';
import type { Network } from './network.ts';

export type CacheProps = Readonly<{
  name: string;
  network: Network;
  kind: 'node' | 'serverless';
  /** Of the secret with the password; undefined until it is replaced for the first time. */
  passwordVersion: string | undefined;
}>;

/** Not the default port. Serverless offers no other. */
const NODE_PORT = 6380;
const SERVERLESS_PORT = 6379;
const SERVERLESS_GB = 1;
const METRICS = 'AWS/ElastiCache';

/**
 * Valkey, which is compatible with Redis and costs a fifth less: one small node, or serverless. Encrypted at rest and
 * in transit, with a password, reachable by the functions only. Its data is in the tables too.
 */
export class Cache extends Construct {
  /** The configuration of the functions, by variable. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #metrics: Readonly<{ dimensions: Record<string, string>; use: 'percent' | 'bytes' }>;

  /** The ARN of the secret with the password. */
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { name, network, kind, passwordVersion }: CacheProps) {
    super(scope, id);
    const secret = new Secret(this, 'Password', {
      description: 'The password of the Miyabi cache',
      generateSecretString: { excludePunctuation: true, passwordLength: 48 },
    });
    acknowledge(secret, {
      SMG4: 'The cache and the functions take a new password together, in a deployment; only the functions reach the cache',
    });
    acknowledgeCheckov(secret, { 149: OWN_KEY });
    // A reference that CloudFormation resolves during the deployment: the template contains no password.
    const reference = (options: SecretsManagerSecretOptions) =>
      SecretValue.secretsManager(secret.secretArn, options).unsafeUnwrap();
    const isReplaced = passwordVersion !== undefined;
    const password = isReplaced
      ? reference({ versionId: passwordVersion })
      : secret.secretValue.unsafeUnwrap();
    // A new secret has no previous version, and a reference to none fails the deployment.
    const previous = isReplaced ? [reference({ versionStage: 'AWSPREVIOUS' })] : [];
    const connection =
      kind === 'node'
        ? this.#node(name, network, secret.secretValue.unsafeUnwrap())
        : this.#serverless(name, network, [password, ...previous]);
    this.secretArn = secret.secretArn;
    this.environment = {
      ...connection,
      REDIS_TLS: 'true',
      REDIS_PASSWORD: password,
      ...Object.fromEntries(previous.map((one) => ['REDIS_PREVIOUS_PASSWORD', one])),
    };
    this.#metrics =
      kind === 'node'
        ? { dimensions: { CacheClusterId: `${name}-cache-001` }, use: 'percent' }
        : { dimensions: { clusterId: `${name}-cache` }, use: 'bytes' };
  }

  /** How full it is, in percent. */
  use(period: Readonly<{ period: Duration }>): IMetric {
    const { dimensions, use } = this.#metrics;
    const metric = (metricName: string) =>
      new Metric({
        namespace: METRICS,
        metricName,
        dimensionsMap: dimensions,
        statistic: 'Maximum',
        ...period,
      });
    if (use === 'percent') return metric('DatabaseMemoryUsagePercentage');
    return new MathExpression({
      expression: `100 * bytes / ${SERVERLESS_GB * 1024 ** 3}`,
      usingMetrics: { bytes: metric('BytesUsedForCache') },
      label: 'use of the cache, %',
      ...period,
    });
  }

  evictions(period: Readonly<{ period: Duration }>): IMetric {
    const { dimensions: dimensionsMap } = this.#metrics;
    return new Metric({
      namespace: METRICS,
      metricName: 'Evictions',
      dimensionsMap,
      statistic: 'Sum',
      ...period,
    });
  }

  /** CloudFormation would replace the cache for another token, so a new one is set beside it: docs/operations.md. */
  #node(name: string, network: Network, password: string): Record<string, string> {
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Where the Miyabi cache is',
      subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    });
    const group = new CfnReplicationGroup(this, 'Node', {
      replicationGroupId: `${name}-cache`,
      replicationGroupDescription: 'Miyabi cache',
      engine: 'valkey',
      engineVersion: '8.0',
      cacheNodeType: 'cache.t4g.micro',
      numCacheClusters: 1,
      automaticFailoverEnabled: false,
      multiAzEnabled: false,
      port: NODE_PORT,
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      authToken: password,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [network.cache.securityGroupId],
    });
    acknowledge(group, {
      AEC4: 'One node, as the first design: without it every answer comes from DynamoDB, correct and a little later',
    });
    keepOnReplacement(group);
    network.openCache(NODE_PORT);
    return {
      REDIS_ENDPOINT: group.attrPrimaryEndPointAddress,
      REDIS_PORT: String(NODE_PORT),
      REDIS_CLUSTER: 'false',
    };
  }

  #serverless(name: string, network: Network, passwords: readonly string[]): Record<string, string> {
    const user = new CfnUser(this, 'User', {
      engine: 'valkey',
      userId: `${name}-app`,
      userName: `${name}-app`,
      accessString: 'on ~* &* +@all -@admin',
      authenticationMode: { Type: 'password', Passwords: [...passwords] },
    });
    const users = new CfnUserGroup(this, 'Users', {
      engine: 'valkey',
      userGroupId: `${name}-users`,
      userIds: [user.ref],
    });
    const cache = new CfnServerlessCache(this, 'Serverless', {
      serverlessCacheName: `${name}-cache`,
      description: 'Miyabi cache',
      engine: 'valkey',
      majorEngineVersion: '8',
      // Limits the cost.
      cacheUsageLimits: {
        dataStorage: { maximum: SERVERLESS_GB, unit: 'GB' },
        ecpuPerSecond: { maximum: 5000 },
      },
      userGroupId: users.ref,
      subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
      securityGroupIds: [network.cache.securityGroupId],
    });
    keepOnReplacement(cache);
    network.openCache(SERVERLESS_PORT);
    return {
      REDIS_ENDPOINT: cache.attrEndpointAddress,
      REDIS_PORT: String(SERVERLESS_PORT),
      REDIS_CLUSTER: 'true',
      REDIS_USERNAME: `${name}-app`,
    };
  }
}

/**
 * No update removes it. It is deleted with the stack, because it would block the network's deletion and cost money for
 * nothing.
 */
const keepOnReplacement = (resource: CfnResource): void => {
  resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  resource.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE;
};
