import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as assert from 'uvu/assert';
import { chosenOptions, readDeployConfig, shardsOf, tableNamesOf } from '../../deploy/config.ts';
import { OBJECTIVES, REDIS_IS_AWAY } from '../../deploy/constructs/alarms.ts';
import { PAGE_ROUTES } from '../../deploy/constructs/site.ts';
import { API_GRANTS, COLLECTOR_GRANTS } from '../../deploy/grants.ts';
import { readStoredOptions } from '../../deploy/options.ts';
import { KEYS_OWNER } from '../../src/adapters/dynamodb/key-item.ts';
import { tableDefinitions } from '../../src/adapters/dynamodb/tables.ts';
import { staticFiles } from '../../src/entrypoints/local/static.ts';
import { type Resource, type Synthesised, stubArtifacts, synthesise, VARIANTS } from '../support/stack.ts';
import { suite } from '../support/suite.ts';

const { node: NODE, none: NONE, serverless: SERVERLESS } = VARIANTS;

type Statement = Readonly<{
  Effect: string;
  Action: string | readonly string[];
  Resource: unknown;
  Condition?: unknown;
}>;

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
const text = (value: unknown): string => JSON.stringify(value);

const propertiesOf = (resource: Resource | undefined): Readonly<Record<string, unknown>> =>
  resource?.Properties ?? {};

const statementsOf = ({
  ofType,
}: Synthesised): readonly (readonly [policy: string, statement: Statement])[] =>
  ofType('AWS::IAM::Policy').flatMap(([id, resource]) => {
    const document = propertiesOf(resource)['PolicyDocument'] as { Statement: Statement[] };
    return document.Statement.map((statement) => [id, statement] as const);
  });

const functionNamed = ({ ofType }: Synthesised, name: string): Readonly<Record<string, unknown>> => {
  const found = ofType('AWS::Lambda::Function').find(
    ([, resource]) => propertiesOf(resource)['FunctionName'] === name,
  );
  if (found === undefined) throw new Error(`there is no function ${name}`);
  return propertiesOf(found[1]);
};

const environmentOf = (fn: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  (fn['Environment'] as { Variables: Record<string, unknown> }).Variables;

/** Types that CloudFormation defines no tags for. */
const WITHOUT_TAGS =
  /^(AWS::(ApiGatewayV2::(Integration|Route|Authorizer|ApiMapping)|CloudFront::(OriginAccessControl|ResponseHeadersPolicy)|CloudWatch::Dashboard|EC2::(SecurityGroup(In|E)gress|SubnetRouteTableAssociation)|IAM::Policy|Lambda::(Alias|EventInvokeConfig|LayerVersion|Permission|Version)|Logs::(MetricFilter|SubscriptionFilter)|S3::BucketPolicy|SNS::(Subscription|TopicPolicy)|SQS::QueuePolicy)|Custom::.*)$/;

const test = suite('stack');

for (const [name, options] of Object.entries(VARIANTS)) {
  const nag = () => {
    assert.ok(Object.keys(synthesise(options, { nag: true }).resources).length > 50);
  };
  test.slow(`${name}: synthesises, and cdk-nag finds nothing that is not acknowledged with a reason`, nag);

  test(`${name}: nothing depends on itself, however far round`, () => {
    const { resources } = synthesise(options);
    const refs = (value: unknown): string[] => {
      if (Array.isArray(value)) return value.flatMap(refs);
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([key, inner]) => {
        if (key === 'Ref' && typeof inner === 'string') return [inner];
        if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])];
        return refs(inner);
      });
    };
    const done = new Set<string>();
    const visit = (id: string, path: readonly string[]): void => {
      if (path.includes(id)) throw new Error(`${[...path, id].join(' → ')}`);
      const resource = resources[id];
      if (done.has(id) || resource === undefined) return;
      for (const next of [...refs(resource), ...listOf(resource.DependsOn ?? [])]) {
        if (next !== id) visit(next, [...path, id]);
      }
      done.add(id);
    };
    for (const id of Object.keys(resources)) visit(id, []);
  });

  test(`${name}: the tables are as the adapters define them, encrypted, kept for 35 days, and not to be deleted`, () => {
    const tables = synthesise(options).ofType('AWS::DynamoDB::GlobalTable');
    const config = readDeployConfig(options);
    const definitions = tableDefinitions(tableNamesOf(config), shardsOf(config));
    assert.is(tables.length, definitions.length);
    for (const definition of definitions) {
      const [, table] =
        tables.find(([, found]) => propertiesOf(found)['TableName'] === definition.name) ?? [];
      const properties = propertiesOf(table);
      const keyOf = (schema: unknown) =>
        (schema as { AttributeName: string }[]).map(({ AttributeName }) => AttributeName);
      assert.equal(keyOf(properties['KeySchema']), definition.key);
      assert.equal(
        (properties['GlobalSecondaryIndexes'] as Record<string, unknown>[]).map((index) => ({
          name: index['IndexName'],
          key: keyOf(index['KeySchema']),
          includes: (index['Projection'] as { NonKeyAttributes?: string[] }).NonKeyAttributes ?? [],
        })),
        definition.indexes.map((index) => ({ name: index.name, key: index.key, includes: index.includes })),
      );
      const attributes = properties['AttributeDefinitions'] as {
        AttributeName: string;
        AttributeType: string;
      }[];
      assert.equal(
        Object.fromEntries(attributes.map((it) => [it.AttributeName, it.AttributeType])),
        definition.attributes,
      );
      assert.equal(
        properties['TimeToLiveSpecification'],
        definition.ttl === undefined ? undefined : { AttributeName: definition.ttl, Enabled: true },
      );
      assert.equal(properties['SSESpecification'], { SSEEnabled: true, SSEType: 'KMS' });
      assert.is(properties['BillingMode'], 'PAY_PER_REQUEST');
      const [replica] = properties['Replicas'] as Record<string, unknown>[];
      assert.equal(replica?.['PointInTimeRecoverySpecification'], { PointInTimeRecoveryEnabled: true });
      assert.is(replica?.['DeletionProtectionEnabled'], true);
      assert.is(table?.DeletionPolicy, 'Retain');
      assert.is(table?.UpdateReplacePolicy, 'Retain');
    }
  });

  test(`${name}: only what knows no resources is allowed on all of them`, () => {
    const boundless = statementsOf(synthesise(options))
      .filter(([, { Effect, Resource }]) => Effect === 'Allow' && listOf(Resource).includes('*'))
      .flatMap(([, { Action }]) => listOf(Action));
    const unavoidable = [
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ];
    assert.equal(
      boundless.filter((action) => !unavoidable.includes(action)),
      [],
    );
  });

  test(`${name}: each function may do on each table what it needs, and nothing else anywhere`, () => {
    const synthesised = synthesise(options);
    const granted = (policy: RegExp, resource: RegExp) =>
      statementsOf(synthesised)
        .filter(([id, { Effect }]) => policy.test(id) && Effect === 'Allow')
        .filter(([, statement]) => listOf(statement.Resource).every((one) => resource.test(text(one))))
        .flatMap(([, { Action }]) => listOf(Action))
        .sort();
    const dynamodb = (actions: readonly string[]) => actions.map((action) => `dynamodb:${action}`).sort();
    for (const [policy, grants, logs] of [
      [/^ApiRole/, API_GRANTS, ['logs:FilterLogEvents', 'logs:GetLogEvents']],
      [/^CollectorLambdaRole/, COLLECTOR_GRANTS, ['logs:FilterLogEvents']],
    ] as const) {
      assert.equal(granted(policy, /^\{"Fn::GetAtt":\["TablesTasks/), dynamodb(grants.tasks));
      assert.equal(granted(policy, /^\{"Fn::GetAtt":\["TablesProjects/), dynamodb(grants.projects));
      assert.equal(
        granted(policy, /\/index\/[A-Z]/),
        grants.indexesOf.map(() => 'dynamodb:Query'),
      );
      assert.equal(
        granted(policy, /^\{"Fn::GetAtt":\["Logs(CdkDeploy|Agents)|log-group:\/(aws|ecs)\//),
        logs,
      );
      assert.equal(granted(policy, /^\{"Fn::GetAtt":\["LogsSystem/), [
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]);
    }
    const others = statementsOf(synthesised)
      .filter(([id]) => /^(ApiRole|CollectorLambdaRole|WebhooksLambdaRole)/.test(id))
      .flatMap(([, { Action }]) => listOf(Action))
      .filter((action) => !/^(dynamodb|logs|ec2|xray|sqs|kms):/.test(action));
    assert.equal(others, []);
  });

  test(`${name}: functions are small arm64 ones on a current Node, and end before the gateway does`, () => {
    const synthesised = synthesise(options);
    const [, integration] = synthesised.ofType('AWS::ApiGatewayV2::Integration')[0] ?? [];
    const gateway = propertiesOf(integration)['TimeoutInMillis'] as number;
    assert.ok(gateway <= 30_000);
    for (const fn of ['miyabi-api', 'miyabi-collector', 'miyabi-webhooks', 'miyabi-pre-traffic'].map((one) =>
      functionNamed(synthesised, one),
    )) {
      assert.equal(fn['Architectures'], ['arm64']);
      assert.is(fn['Runtime'], 'nodejs24.x');
      assert.match(text(fn['LoggingConfig']), 'LogsSystem');
      const isTraced = 'tracing' in options && fn['FunctionName'] !== 'miyabi-pre-traffic';
      assert.is(fn['TracingConfig'] !== undefined, isTraced);
      assert.is(environmentOf(fn)['TRACING'], isTraced ? 'true' : undefined);
    }
    assert.ok((functionNamed(synthesised, 'miyabi-api')['Timeout'] as number) * 1000 < gateway);
    assert.ok((functionNamed(synthesised, 'miyabi-collector')['Timeout'] as number) < 60, 'one a minute');
  });

  test(`${name}: secrets are references, and a key of our own encrypts environments with a password in them`, () => {
    const synthesised = synthesise(options);
    for (const fnName of ['miyabi-api', 'miyabi-collector']) {
      const fn = functionNamed(synthesised, fnName);
      if (name !== 'none') assert.match(text(fn['KmsKeyArn']), 'KeysKey');
      for (const [variable, value] of Object.entries(environmentOf(fn))) {
        if (!/KEYS|SECRET|PASSWORD/.test(variable)) continue;
        assert.match(text(value), /\{\{resolve:(ssm|secretsmanager):/, `${fnName} ${variable}`);
      }
    }
    const decrypting = statementsOf(synthesised).filter(
      ([, { Action, Resource }]) => Action === 'kms:Decrypt' && /KeysKey/.test(text(Resource)),
    );
    assert.is(decrypting.length, name === 'none' ? 0 : 3, 'each role may decrypt its environment');
    assert.not('API_KEYS' in environmentOf(functionNamed(synthesised, 'miyabi-collector')));
  });

  test(`${name}: every alarm tells the topic, and has a runbook by its name`, async () => {
    const runbooks = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const alarms = synthesise(options)
      .ofType('AWS::CloudWatch::Alarm')
      .map(([, alarm]) => propertiesOf(alarm));
    const names = alarms.map((alarm) => String(alarm['AlarmName']).replace('miyabi-', ''));
    const expected = [
      'api-crashes',
      'api-error-rate',
      'api-errors',
      'api-over-objective',
      'api-slow',
      'api-throttled',
      ...(name === 'none' ? [] : ['cache-evictions', 'cache-failures', 'cache-full']),
      'collector-errors',
      'collector-groups-failed',
      'collector-lag',
      'collector-silent',
      'collector-throttled',
      'dead-letters',
      'high-retry-rate',
      'index-throttled',
      'table-throttled',
      'webhooks-errors',
      'webhooks-late',
      'webhooks-silent',
    ];
    assert.equal([...names].sort(), expected);
    for (const alarm of alarms) {
      const { EvaluationPeriods: periods, DatapointsToAlarm: datapoints } = alarm;
      const expectedOf = alarm['AlarmName'] === 'miyabi-api-over-objective' ? [10, 15] : [2, 3];
      assert.equal([datapoints, periods], expectedOf, `${alarm['AlarmName']}: one hiccup pages no one`);
      assert.match(String(alarm['AlarmDescription']), `for ${datapoints} of ${periods} periods`);
      assert.match(text(alarm['AlarmActions']), 'AlarmsTopic');
      assert.match(text(alarm['OKActions']), 'AlarmsTopic');
    }
    const [, policy] = synthesise(options).ofType('AWS::SNS::TopicPolicy')[0] ?? [];
    assert.match(text(policy), '"Service":"cloudwatch.amazonaws.com"', 'alarms may publish');
    for (const alarm of names) assert.match(runbooks, `### ${alarm}\n`);
  });
}

test.slow('cdk-nag is awake: a bucket like any other does not pass', () => {
  const app = new App({ analyticsReporting: false });
  new Bucket(new Stack(app, 'Naughty'), 'Bucket');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { write } = process.stderr;
  try {
    // Its report goes to standard error.
    process.stderr.write = () => true;
    assert.throws(() => app.synth(), /Validation failed/);
  } finally {
    process.stderr.write = write;
  }
});

test('no way leads out of the network or into it', () => {
  for (const options of [NODE, SERVERLESS]) {
    const { template, ofType } = synthesise(options);
    for (const type of ['NatGateway', 'InternetGateway', 'EgressOnlyInternetGateway', 'EIP', 'Route']) {
      template.resourceCountIs(`AWS::EC2::${type}`, 0);
    }
    for (const [, subnet] of ofType('AWS::EC2::Subnet')) {
      assert.is(propertiesOf(subnet)['MapPublicIpOnLaunch'], false);
    }
    for (const [id, rule] of [
      ...ofType('AWS::EC2::SecurityGroupIngress'),
      ...ofType('AWS::EC2::SecurityGroup'),
    ]) {
      const ingress = rule.Type.endsWith('Ingress')
        ? [propertiesOf(rule)]
        : ((propertiesOf(rule)['SecurityGroupIngress'] ?? []) as Record<string, unknown>[]);
      for (const one of ingress) {
        assert.not('CidrIp' in one || 'CidrIpv6' in one, id);
        assert.ok('SourceSecurityGroupId' in one, id);
      }
    }
    const endpoints = ofType('AWS::EC2::VPCEndpoint').map(([, endpoint]) => propertiesOf(endpoint));
    assert.equal(endpoints.map((it) => it['VpcEndpointType']).sort(), ['Gateway', 'Interface']);
    const logs = endpoints.find((it) => it['VpcEndpointType'] === 'Interface');
    assert.is(listOf(logs?.['SubnetIds']).length, 1, 'each zone of it costs');
    for (const endpoint of endpoints) assert.not.match(text(endpoint['PolicyDocument']), '"Resource":"*"');
  }
});

test('without a cache there is no network either, and no alarm for it', () => {
  const { template } = synthesise(NONE);
  for (const type of ['AWS::EC2::VPC', 'AWS::EC2::VPCEndpoint', 'AWS::ElastiCache::ReplicationGroup']) {
    template.resourceCountIs(type, 0);
  }
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'miyabi-api',
    VpcConfig: Match.absent(),
    Environment: {
      Variables: Match.objectLike({ CACHE: 'none', FEED: 'memory', REDIS_ENDPOINT: Match.absent() }),
    },
  });
});

test('the cache node is one t4g.micro, encrypted at rest and in transit, with a password', () => {
  const { template, ofType } = synthesise(NODE);
  template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    Engine: 'valkey',
    CacheNodeType: 'cache.t4g.micro',
    NumCacheClusters: 1,
    AtRestEncryptionEnabled: true,
    TransitEncryptionEnabled: true,
    TransitEncryptionMode: 'required',
    AuthToken: Match.anyValue(),
  });
  const [, group] = ofType('AWS::ElastiCache::ReplicationGroup')[0] ?? [];
  assert.match(text(propertiesOf(group)['AuthToken']), '{{resolve:secretsmanager:');
  assert.is(group?.UpdateReplacePolicy, 'Retain');
  assert.match(text(propertiesOf(group)['SecurityGroupIds']), 'NetworkCache');
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'miyabi-collector',
    Environment: {
      Variables: Match.objectLike({ REDIS_TLS: 'true', REDIS_PORT: '6380', REDIS_CLUSTER: 'false' }),
    },
  });
});

test('the serverless cache is a cluster with TLS, a user of its own, and a bound on its cost', () => {
  const { template, ofType } = synthesise(SERVERLESS);
  template.hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
    Engine: 'valkey',
    CacheUsageLimits: { DataStorage: { Maximum: 1, Unit: 'GB' }, ECPUPerSecond: { Maximum: 5000 } },
    UserGroupId: Match.anyValue(),
  });
  assert.is(ofType('AWS::ElastiCache::ServerlessCache')[0]?.[1].UpdateReplacePolicy, 'Retain');
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'miyabi-api',
    Environment: {
      Variables: Match.objectLike({ REDIS_CLUSTER: 'true', REDIS_TLS: 'true', REDIS_USERNAME: 'miyabi-app' }),
    },
  });
});

test('log groups have their names, are kept as long as asked, and stay', () => {
  for (const [options, days] of [
    [NODE, 30],
    [NONE, 90],
  ] as const) {
    const groups = synthesise(options).ofType('AWS::Logs::LogGroup');
    assert.equal(groups.map(([, group]) => propertiesOf(group)['LogGroupName']).sort(), [
      '/miyabi/access',
      '/miyabi/agents',
      '/miyabi/cdk-deploy',
      '/miyabi/system',
    ]);
    for (const [, group] of groups) {
      assert.is(propertiesOf(group)['RetentionInDays'], days);
      assert.is(group.DeletionPolicy, 'Retain');
    }
  }
});

test.slow(
  'the sender of webhooks is in no network, knows no secret, reaches one table, and runs every minute',
  () => {
    for (const options of [{ cache: 'none' }, { cache: 'node' }]) {
      const synthesised = synthesise(options);
      const fn = functionNamed(synthesised, 'miyabi-webhooks');
      assert.is(fn['VpcConfig'], undefined);
      assert.is(fn['KmsKeyArn'], undefined);
      assert.equal(Object.keys(environmentOf(fn)).sort(), [
        'AGENTS_LOG_GROUP',
        'CACHE',
        'CDK_LOG_GROUP',
        'FEED',
        'MIYABI_BACKEND',
        'MIYABI_PRIME',
        'POWERTOOLS_SERVICE_NAME',
        'TASKS_TABLE_NAME',
        'WEBHOOKS_TABLE_NAME',
      ]);
      const granted = statementsOf(synthesised).filter(
        ([id, { Action }]) => /^WebhooksLambdaRole/.test(id) && /dynamodb/.test(text(Action)),
      );
      assert.is(granted.length, 3);
      for (const [, statement] of granted) {
        if (/TablesWebhooks/.test(text(statement.Resource))) continue;
        assert.match(text(statement.Resource), /TablesTasks/);
        assert.equal(statement.Condition, {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['lines#*'] },
        });
      }
      const rule = synthesised
        .ofType('AWS::Events::Rule')
        .map(([, found]) => propertiesOf(found))
        .find((properties) => text(properties['Targets']).includes('WebhooksLambda'));
      assert.is(rule?.['ScheduleExpression'], 'rate(1 minute)');
    }
  },
);

test.slow(
  'a replaced password of the cache is pinned to its version, and the one before is taken too',
  () => {
    const version = '0e4c2b3a-5f6d-4a7b-8c9d-0123456789ab';
    for (const cache of ['node', 'serverless']) {
      const before = synthesise({ cache }, { nag: false });
      const after = synthesise({ cache, cachePasswordVersion: version }, { nag: false });
      for (const name of ['miyabi-api', 'miyabi-collector']) {
        assert.not('REDIS_PREVIOUS_PASSWORD' in environmentOf(functionNamed(before, name)));
        const { REDIS_PASSWORD, REDIS_PREVIOUS_PASSWORD } = environmentOf(functionNamed(after, name));
        assert.match(text(REDIS_PASSWORD), `:SecretString:::${version}}}`);
        assert.match(text(REDIS_PREVIOUS_PASSWORD), ':SecretString::AWSPREVIOUS:}}');
      }
    }
    const [, user] = synthesise(SERVERLESS).ofType('AWS::ElastiCache::User')[0] ?? [];
    const passwords = text(propertiesOf(user));
    assert.match(passwords, `:SecretString:::${version}}}`);
    assert.match(passwords, ':SecretString::AWSPREVIOUS:}}');
  },
);

test('only the API may reach the API keys, which are in the webhooks table', () => {
  const synthesised = synthesise(NODE);
  for (const [role, keys] of [
    [/^ApiRole/, undefined],
    [/^CollectorLambdaRole/, ['project#*', 'webhook#*']],
    [/^WebhooksLambdaRole/, ['project#*', 'webhook#*']],
  ] as const) {
    const statements = statementsOf(synthesised).filter(
      ([id, { Resource }]) =>
        role.test(id) && listOf(Resource).some((one) => /^\{"Fn::GetAtt":\["TablesWebhooks/.test(text(one))),
    );
    assert.is(statements.length, 1);
    for (const [, { Condition }] of statements) {
      assert.equal(
        Condition,
        keys === undefined ? undefined : { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keys] } },
      );
    }
  }
  assert.ok(!['project#', 'webhook#'].some((start) => KEYS_OWNER.startsWith(start)));
});

test('the collector runs every minute and on the logs of others, never on those of the system', () => {
  const { template, ofType } = synthesise(NODE);
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue(), RetryPolicy: Match.anyValue() })],
  });
  const subscribed = ofType('AWS::Logs::SubscriptionFilter').map(([, filter]) =>
    text(propertiesOf(filter)['LogGroupName']),
  );
  assert.is(subscribed.length, 2);
  assert.is(subscribed.filter((group) => /LogsCdkDeploy|LogsAgents/.test(group)).length, 2);
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    MaximumRetryAttempts: 2,
    DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
  });
  template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
});

test('the API is throttled, has an access log, and checks keys itself', () => {
  const { template } = synthesise(NODE);
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.stringLikeRegexp('requestId') },
  });
  template.hasResourceProperties('AWS::ApiGatewayV2::Route', {
    RouteKey: '$default',
    AuthorizationType: 'NONE',
  });
  template.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
});

test('the access log says who called, how long it took, and how long of that the function took', () => {
  const fieldsOf = ({ ofType }: Synthesised): Readonly<Record<string, string>> => {
    const [[, stage] = []] = ofType('AWS::ApiGatewayV2::Stage');
    return JSON.parse((propertiesOf(stage)['AccessLogSettings'] as { Format: string }).Format);
  };
  const { caller, ...shared } = fieldsOf(synthesise(NONE));
  assert.is(caller, '$context.authorizer.claims.sub', 'the subject of the token');
  const fields = fieldsOf(synthesise(NODE));
  assert.equal(fields, shared);
  assert.is(fields['requestId'], '$context.requestId', 'which the answer has as x-request-id');
  assert.is(fields['ip'], '$context.identity.sourceIp');
  assert.is(fields['latency'], '$context.responseLatency');
  assert.is(fields['integrationLatency'], '$context.integrationLatency');
});

test('with JWT every route but health, badges and preflights wants a token, and CORS is for the origins alone', () => {
  const { template } = synthesise(NONE);
  template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
    AuthorizerType: 'JWT',
    JwtConfiguration: { Audience: ['miyabi'], Issuer: 'https://id.example.org/' },
  });
  template.hasResourceProperties('AWS::ApiGatewayV2::Route', {
    RouteKey: '$default',
    AuthorizationType: 'JWT',
  });
  for (const RouteKey of ['GET /health', 'GET /badge/{proxy+}'])
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey, AuthorizationType: 'NONE' });
  template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
    CorsConfiguration: Match.objectLike({ AllowOrigins: ['https://watch.example.org'] }),
  });
});

test('a new version gets a tenth of the traffic for five minutes, after a hook, and alarms take it back', () => {
  const { template, ofType } = synthesise(NODE);
  template.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
    AutoRollbackConfiguration: {
      Enabled: true,
      Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
    },
  });
  const [, group] = ofType('AWS::CodeDeploy::DeploymentGroup')[0] ?? [];
  for (const alarm of ['AlarmsApiErrors', 'AlarmsApiCrashes', 'AlarmsApiSlow']) {
    assert.match(text(propertiesOf(group)['AlarmConfiguration']), alarm);
  }
  template.hasResource('AWS::Lambda::Alias', {
    UpdatePolicy: {
      CodeDeployLambdaAliasUpdate: Match.objectLike({ BeforeAllowTrafficHook: Match.anyValue() }),
    },
  });
  const [, integration] = ofType('AWS::ApiGatewayV2::Integration')[0] ?? [];
  assert.match(text(propertiesOf(integration)['IntegrationUri']), 'Live', 'the gateway calls the alias');
});

test('with --now the alias moves without CodeDeploy, which does not begin while an alarm fires', () => {
  const policyOf = (options: Readonly<Record<string, unknown>>) =>
    synthesise(options).ofType('AWS::Lambda::Alias')[0]?.[1].UpdatePolicy;
  assert.match(text(policyOf({ cache: 'none' })), 'CodeDeployLambdaAliasUpdate');
  assert.is(policyOf({ cache: 'none', now: 'true' }), undefined);
});

test('earlier versions of the functions stay, so that there is one to go back to', () => {
  const versions = synthesise({ cache: 'none' }).ofType('AWS::Lambda::Version');
  assert.ok(versions.length > 0);
  for (const [, version] of versions) assert.is(version.DeletionPolicy, 'Retain');
});

test.slow('another version of the API keys, and nothing else, makes a new version of the function', () => {
  const versions = (options: Record<string, unknown>) =>
    synthesise(options, { nag: false })
      .ofType('AWS::Lambda::Version')
      .map(([id]) => id);
  assert.not.equal(versions({ apiKeysVersion: 2 }), versions(NODE));
  assert.equal(versions({ retentionDays: 90 }), versions(NODE));
});

test('CloudFront alone reads the dashboard, and sends what the local server sends along with it', async () => {
  const { template, ofType } = synthesise(NODE);
  template.hasResourceProperties('AWS::S3::Bucket', {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  });
  template.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
    OriginAccessControlConfig: Match.objectLike({ SigningBehavior: 'always', SigningProtocol: 'sigv4' }),
  });
  const [, policy] = ofType('AWS::CloudFront::ResponseHeadersPolicy')[0] ?? [];
  const sent = text(propertiesOf(policy));

  const files = await staticFiles(stubArtifacts().dashboard);
  const server = createServer((request, response) => {
    if (!files(request, response)) response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { headers } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const names = ['content-security-policy', 'referrer-policy', 'x-frame-options', 'permissions-policy'];
    for (const name of [...names, 'cross-origin-opener-policy', 'cross-origin-resource-policy']) {
      const value = headers.get(name);
      assert.ok(value !== null && sent.includes(text(value)), `${name}: ${value}`);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  assert.match(sent, '"ContentTypeOptions"');
  assert.match(sent, '"StrictTransportSecurity"');
});

test('CloudFront passes badges on to the API, as the rest of it', () => {
  const [, distribution] = synthesise(NODE).ofType('AWS::CloudFront::Distribution')[0] ?? [];
  const { CacheBehaviors: behaviors } = propertiesOf(distribution)['DistributionConfig'] as {
    CacheBehaviors: readonly Readonly<{ PathPattern: string; TargetOriginId: string }>[];
  };
  const originOf = (path: string) =>
    behaviors.find(({ PathPattern }) => PathPattern === path)?.TargetOriginId;
  assert.type(originOf('/badge/*'), 'string');
  assert.is(originOf('/badge/*'), originOf('/api/*'));
});

test('names that are global in an account carry the Region', () => {
  const { ofType } = synthesise({ cache: 'none' });
  const global: readonly (readonly [type: string, path: readonly string[]])[] = [
    ['AWS::CloudWatch::Dashboard', ['DashboardName']],
    ['AWS::CloudFront::Function', ['Name']],
    ['AWS::CloudFront::ResponseHeadersPolicy', ['ResponseHeadersPolicyConfig', 'Name']],
    ['AWS::CloudFront::OriginAccessControl', ['OriginAccessControlConfig', 'Name']],
  ];
  for (const [type, path] of global) {
    const found = ofType(type);
    assert.ok(found.length > 0, type);
    for (const [id, { Properties = {} }] of found) {
      const name = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], Properties);
      assert.match(JSON.stringify(name), 'AWS::Region', `${type} ${id}`);
    }
  }
});

test('an account without CloudFront deploys everything but the dashboard', () => {
  const { ofType, resources } = synthesise({ cache: 'none', dashboard: 'false' });
  assert.is(ofType('AWS::S3::Bucket').length, 0);
  assert.equal(
    Object.values(resources).filter(({ Type }) => Type.startsWith('AWS::CloudFront::')),
    [],
  );
  assert.is(ofType('AWS::ApiGatewayV2::Api').length, 1);
});

test('addresses of the dashboard lead to its page, all others to what they name', () => {
  const route = (uri: string): string =>
    runInNewContext(`(${PAGE_ROUTES})({ request: { uri: ${text(uri)} } }).uri`);
  assert.is(route('/tasks/abc'), '/index.html');
  assert.is(route('/projects/abc/'), '/index.html');
  for (const uri of ['/', '/assets/app.js', '/tasks', '/tasks/a/b', '/x/tasks/abc'])
    assert.is(route(uri), uri);
});

test('the cache alarm listens for what the adapter says', async () => {
  const link = await readFile(new URL('../../src/adapters/redis/link.ts', import.meta.url), 'utf8');
  assert.match(link, `'${REDIS_IS_AWAY}'`);
});

test.slow('tables that exist are other resources, under their names, and the ones before are kept', () => {
  const usual = synthesise({ cache: 'none' }).ofType('AWS::DynamoDB::GlobalTable');
  const adopted = synthesise({ cache: 'none', tasksTable: 'tasks-restored' });
  const tables = new Map(adopted.ofType('AWS::DynamoDB::GlobalTable'));
  const left = usual.filter(([id]) => !tables.has(id));
  assert.equal(
    left.map(([, { Properties, DeletionPolicy }]) => [Properties?.['TableName'], DeletionPolicy]),
    [['miyabi-tasks', 'Retain']],
  );
  const [id] = [...tables].find(([, one]) => propertiesOf(one)['TableName'] === 'tasks-restored') ?? [];
  // Without this policy CloudFormation imports nothing.
  assert.is(tables.get(id ?? '')?.DeletionPolicy, 'Retain');
  assert.equal(environmentOf(functionNamed(adopted, 'miyabi-api'))['TASKS_TABLE_NAME'], { Ref: id });
});

test('a domain of the API has its certificate, leads to the gateway, and says where it must point', () => {
  const { template } = synthesise(NONE);
  template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
    DomainName: 'api.example.org',
    DomainNameConfigurations: [
      Match.objectLike({ CertificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/1' }),
    ],
  });
  template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', { DomainName: Match.anyValue() });
  template.hasOutput('ApiDomainTarget', { Value: Match.anyValue() });
  synthesise(NODE).template.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
});

test('a domain of the dashboard has its certificate and TLS 1.2, and says where it must point', () => {
  const { template, ofType } = synthesise(SERVERLESS);
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      Aliases: ['progress.example.org'],
      ViewerCertificate: {
        AcmCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
        MinimumProtocolVersion: 'TLSv1.2_2021',
        SslSupportMethod: 'sni-only',
      },
    }),
  });
  const [[id] = []] = ofType('AWS::CloudFront::Distribution');
  template.hasOutput('DashboardUrl', { Value: 'https://progress.example.org' });
  template.hasOutput('DashboardDomainTarget', { Value: { 'Fn::GetAtt': [id, 'DomainName'] } });
  const without = synthesise(NODE).template;
  without.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({ Aliases: Match.absent(), ViewerCertificate: Match.absent() }),
  });
  assert.not('DashboardDomainTarget' in (without.toJSON()['Outputs'] as object));
});

test.slow('tags are on every resource that can have some', () => {
  const tagsOf = ({ Type, Properties = {} }: Resource): unknown => {
    // A global table has them for each Region.
    if (Type === 'AWS::DynamoDB::GlobalTable')
      return (Properties['Replicas'] as { Tags?: unknown }[])[0]?.Tags;
    return Properties['Tags'];
  };
  for (const options of [SERVERLESS, { cache: 'node', tags: 'team=shop,stage=production' }]) {
    const untagged = Object.entries(synthesise(options).resources).filter(([, resource]) => {
      const tags = tagsOf(resource);
      const pairs = Array.isArray(tags)
        ? tags.map(({ Key, Value }: Readonly<Record<string, unknown>>) => [Key, Value])
        : Object.entries(tags ?? {});
      const { team, stage } = Object.fromEntries(pairs);
      return team !== 'shop' || stage !== 'production';
    });
    assert.equal(
      untagged.filter(([, { Type }]) => !WITHOUT_TAGS.test(Type)).map(([id, { Type }]) => `${id} ${Type}`),
      [],
    );
    assert.ok(untagged.length < Object.keys(synthesise(options).resources).length / 2);
  }
  const versions = (options: Readonly<Record<string, unknown>>) =>
    synthesise(options)
      .ofType('AWS::Lambda::Version')
      .map(([id]) => id);
  assert.equal(versions({ cache: 'none', tags: 'team=shop' }), versions({ cache: 'none' }));
});

test('the network is in the zones that are chosen', () => {
  const zonesOf = ({ ofType }: Synthesised) =>
    ofType('AWS::EC2::Subnet').map(([, subnet]) => propertiesOf(subnet)['AvailabilityZone']);
  assert.equal(zonesOf(synthesise(SERVERLESS)), ['eu-west-1a', 'eu-west-1c']);
  assert.match(text(zonesOf(synthesise(NODE))), 'Fn::GetAZs');
});

test.slow('other log groups are read, wake the collector and are reached from the network', () => {
  for (const options of [NONE, { cache: 'node', sources: ['/aws/codebuild/shop', '/ecs/agents'] }]) {
    const synthesised = synthesise(options);
    const filters = synthesised
      .ofType('AWS::Logs::SubscriptionFilter')
      .map(([, filter]) => propertiesOf(filter)['LogGroupName']);
    assert.ok(filters.includes('/aws/codebuild/shop') && filters.includes('/ecs/agents'));
    for (const policy of [/^ApiRole/, /^CollectorLambdaRole/]) {
      const readable = statementsOf(synthesised)
        .filter(([id, { Action }]) => policy.test(id) && listOf(Action).includes('logs:FilterLogEvents'))
        .map(([, { Resource }]) => text(Resource));
      assert.match(readable.join(), 'log-group:/aws/codebuild/shop');
    }
    const variables = environmentOf(functionNamed(synthesised, 'miyabi-collector'));
    assert.is(variables['LOG_GROUPS'], '/aws/codebuild/shop,/ecs/agents');
  }
});

test('the policy for writers of logs allows them to write to the two groups, and nothing else', () => {
  const { template, ofType } = synthesise({ cache: 'none', sources: '/aws/codebuild/shop' });
  const { LogWriterPolicy: output } = template.toJSON()['Outputs'] as {
    LogWriterPolicy: { Value: { 'Fn::Join': [string, (string | { 'Fn::GetAtt': [string, string] })[]] } };
  };
  const { 'Fn::Join': joined } = output.Value;
  const [separator, parts] = joined;
  const nameOf = new Map(
    ofType('AWS::Logs::LogGroup').map(([id, group]) => [id, propertiesOf(group)['LogGroupName']]),
  );
  const document = parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const [id, attribute] = part['Fn::GetAtt'];
      return `${nameOf.get(id)} ${attribute}`;
    })
    .join(separator);
  assert.equal(JSON.parse(document), {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: ['/miyabi/cdk-deploy Arn', '/miyabi/agents Arn'],
      },
    ],
  });
});

test('memory, log level, limit, rules and the concurrency of the collector are options', () => {
  const api = functionNamed(synthesise(NONE), 'miyabi-api');
  const collector = functionNamed(synthesise(NONE), 'miyabi-collector');
  assert.is(api['MemorySize'], 512);
  assert.is(collector['MemorySize'], 512);
  assert.is(collector['ReservedConcurrentExecutions'], 20);
  assert.is(environmentOf(api)['RATE_LIMIT'], '60');
  const kept = Object.entries(environmentOf(api)).filter(([name]) => name.includes('LOG_LINES'));
  assert.equal(Object.fromEntries(kept), {
    KEEP_LOG_LINES: 'false',
    LOG_LINES_FIRST: '50',
    LOG_LINES_LAST: '500',
    LOG_LINES_BYTES: '200000',
    LOG_LINES_DAYS: '3',
  });
  assert.is(environmentOf(api)['LOG_LEVEL'], 'debug');
  assert.match(text(environmentOf(collector)['MIYABI_PROJECT_RULES']), 'agents');
  assert.not('ReservedConcurrentExecutions' in functionNamed(synthesise(NODE), 'miyabi-collector'));
});

test('the stack keeps the options that it was deployed with', () => {
  const { Options: output } = synthesise(NONE).template.toJSON()['Outputs'] as Record<
    string,
    { Value: string }
  >;
  const stored = readStoredOptions('Miyabi', output?.Value ?? '');
  assert.equal(stored, chosenOptions(readDeployConfig(NONE)));
  assert.equal(readDeployConfig(stored), readDeployConfig(NONE));
});

test.slow('two systems in one account count by the names of their own functions', () => {
  for (const name of ['miyabi', 'other']) {
    const { ofType } = synthesise({ name, cache: 'none' });
    const services = ofType('AWS::CloudWatch::Alarm').flatMap(([, alarm]) => {
      const { Namespace, Dimensions } = propertiesOf(alarm) as {
        Namespace?: string;
        Dimensions?: { Name: string; Value: string }[];
      };
      return Namespace === 'Miyabi' ? (Dimensions ?? []).map(({ Value }) => Value) : [];
    });
    assert.equal([...new Set(services)].sort(), [`${name}-collector`, `${name}-webhooks`]);
    for (const service of services) {
      const fn = functionNamed(synthesise({ name, cache: 'none' }), service);
      assert.is(environmentOf(fn)['POWERTOOLS_SERVICE_NAME'], service);
    }
  }
});

test.slow('a bootstrap of another qualifier is named in the template', () => {
  const { template } = synthesise({ cache: 'none', qualifier: 'team1' });
  template.hasParameter('BootstrapVersion', { Default: '/cdk-bootstrap/team1/version' });
});

test('the objectives on the dashboard are those of docs/operations.md', async () => {
  const written = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  assert.match(written, `p95 under ${OBJECTIVES.apiP95Ms} ms`);
  assert.match(written, `under ${OBJECTIVES.errorRatePercent} %`);
  assert.match(written, `p95 under ${OBJECTIVES.collectorP95Ms} ms`);
  const [, dashboard] = synthesise(NODE).ofType('AWS::CloudWatch::Dashboard')[0] ?? [];
  for (const value of Object.values(OBJECTIVES)) {
    assert.match(text(dashboard), `\\"value\\":${value},`);
  }
});

test('options that are wrong are refused by name', () => {
  const refusal = (options: Record<string, unknown>): string => {
    try {
      readDeployConfig(options);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  assert.match(refusal({ cache: 'redis' }), 'cache must be one of none, node, serverless');
  assert.match(refusal({ auth: 'jwt' }), 'auth jwt needs jwtIssuer and jwtAudience');
  assert.match(
    refusal({ name: 'Not A Name', retentionDays: '31' }),
    /name must be .*; retentionDays must be/,
  );
  const jwt = { auth: 'jwt', jwtIssuer: 'https://id.example.org/', jwtAudience: 'miyabi' };
  assert.match(refusal(jwt), 'auth jwt needs dashboard false');
  assert.is(refusal({ ...jwt, dashboard: 'false' }), '');
  assert.match(refusal({ sources: '/aws/x,/miyabi/system' }), 'sources must not name /miyabi/system');
  assert.match(refusal({ sources: 'what is this?' }), 'sources must be names of log groups');
  assert.match(refusal({ projectRules: '[{"log_group":1}]' }), 'projectRules must be a JSON array');
  assert.match(refusal({ zones: 'eu-west-1a' }), 'zones must be two Availability Zones');
  assert.match(refusal({ cache: 'none', zones: 'eu-west-1a,eu-west-1b' }), 'zones needs a cache');
  assert.match(refusal({ apiDomain: 'api.example.org' }), 'apiDomain and apiCertificate need each other');
  const own = {
    dashboardDomain: 'progress.example.org',
    dashboardCertificate: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
  };
  assert.match(
    refusal({ ...own, dashboardCertificate: 'arn:aws:acm:eu-west-1:123456789012:certificate/1' }),
    'dashboardCertificate must be the ARN of a certificate in us-east-1, the only Region from which CloudFront',
  );
  assert.match(
    refusal({ dashboardDomain: own.dashboardDomain }),
    'dashboardDomain and dashboardCertificate need each other',
  );
  assert.match(refusal({ ...own, dashboard: 'false' }), 'dashboardDomain needs the dashboard');
  assert.match(
    refusal({ ...own, apiDomain: own.dashboardDomain, apiCertificate: own.dashboardCertificate }),
    'dashboardDomain and apiDomain must differ',
  );
  assert.is(refusal(own), '');
  for (const tags of ['team', 'team=shop,Team=x', 'aws:team=shop', 'team=a;b', '=shop', 'team=shop,']) {
    assert.match(refusal({ tags }), 'tags must be up to 40 tags', tags);
  }
  assert.match(refusal({ tags: { team: 'a,b=c' } }), 'tags must be');
  assert.is(refusal({ tags: 'team=shop, cost center=a=b' }), '');
  assert.match(refusal({ tasksTable: 'miyabi-projects' }), 'must differ');
  assert.is(refusal({}), '');
});

test.run();
