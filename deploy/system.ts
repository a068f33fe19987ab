import { Tags } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { apiVariables, type DeployConfig, shardsOf, tableNamesOf } from './config.ts';
import { Alarms } from './constructs/alarms.ts';
import { HttpEntrance } from './constructs/api.ts';
import { Cache } from './constructs/cache.ts';
import { Collector } from './constructs/collector.ts';
import { Keys } from './constructs/keys.ts';
import { Logs } from './constructs/logs.ts';
import { Network } from './constructs/network.ts';
import { NodeFunction } from './constructs/node-function.ts';
import { Overview } from './constructs/overview.ts';
import { Rollout } from './constructs/rollout.ts';
import { Site } from './constructs/site.ts';
import { Tables } from './constructs/tables.ts';
import { Webhooks } from './constructs/webhooks.ts';
import { API_GRANTS, COLLECTOR_GRANTS, SENDER_GRANTS } from './grants.ts';

/** The output of `npm run build:all`: an archive or a folder for each function, a folder for the dashboard. */
export type Artifacts = Readonly<{
  api: string;
  collector: string;
  webhooks: string;
  hook: string;
  dashboard: string;
}>;

export type SystemProps = Readonly<{ config: DeployConfig; artifacts: Artifacts; customFormats?: boolean }>;

/** Its timeout leaves API Gateway time to pass the answer on. */
const API_TIMEOUT_SECONDS = 25;

/** Makes all resources of Miyabi in an account and a Region. */
export const makeSystem = (scope: Construct, { config, artifacts, customFormats = false }: SystemProps) => {
  const { name, tracing } = config;
  for (const [key, value] of Object.entries(config.tags)) {
    // cfn-lint does not know yet that a dashboard can have tags.
    Tags.of(scope).add(key, value, { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] });
  }
  const shards = shardsOf(config);
  const tables = new Tables(scope, 'Tables', { name, names: tableNamesOf(config), shards });
  const logs = new Logs(scope, 'Logs', { name, days: config.retentionDays, others: config.sources });
  const keys = new Keys(scope, 'Keys', config);
  const network =
    config.cache === 'none'
      ? undefined
      : new Network(scope, 'Network', { tables, sources: logs.sources, zones: config.zones });
  const cache =
    config.cache === 'none' || network === undefined
      ? undefined
      : new Cache(scope, 'Cache', {
          name,
          network,
          kind: config.cache,
          passwordVersion: config.cachePasswordVersion,
        });

  const shared = {
    key: keys.key,
    logGroup: logs.system,
    tracing,
    placement: network?.placement,
  };
  const logGroups = {
    CDK_LOG_GROUP: logs.cdkDeploy.logGroupName,
    AGENTS_LOG_GROUP: logs.agents.logGroupName,
    ...(config.sources.length === 0 ? {} : { LOG_GROUPS: config.sources.join(',') }),
  };
  const environment = {
    MIYABI_BACKEND: 'aws',
    TASKS_TABLE_NAME: tables.tasks.tableName,
    PROJECTS_TABLE_NAME: tables.projects.tableName,
    WEBHOOKS_TABLE_NAME: tables.webhooks.tableName,
    ...(shards.count === 1
      ? {}
      : { TASK_SHARDS: String(shards.count), TASK_SHARD_STEP: String(shards.step) }),
    ...logGroups,
    ...(config.projectRules === undefined ? {} : { MIYABI_PROJECT_RULES: config.projectRules }),
    ...(config.logLevel === 'info' ? {} : { LOG_LEVEL: config.logLevel }),
    ...(cache?.environment ?? { CACHE: 'none', FEED: 'memory' }),
    ...(tracing ? { TRACING: 'true' } : {}),
    ...(customFormats ? { MIYABI_LOG_FORMATS: 'log-formats.json' } : {}),
  };
  const readLogs = (...actions: readonly string[]) =>
    new PolicyStatement({
      actions: [...actions],
      resources: logs.sources.map(({ logGroupArn }) => logGroupArn),
    });

  const api = new NodeFunction(scope, 'Api', {
    ...shared,
    name: `${name}-api`,
    description: 'Miyabi API',
    artifact: artifacts.api,
    environment: {
      ...environment,
      ...keys.environment,
      ...apiVariables(config),
    },
    memoryMb: config.apiMemory,
    timeoutSeconds: API_TIMEOUT_SECONDS,
  });
  tables.grant(api.role, API_GRANTS);
  // It collects when it is asked to, and shows the lines of a task.
  api.role.addToPolicy(readLogs('logs:FilterLogEvents', 'logs:GetLogEvents'));
  const alias = new Alias(scope, 'Live', { aliasName: 'live', version: api.function.currentVersion });

  const collector = new Collector(scope, 'Collector', {
    ...shared,
    name: `${name}-collector`,
    artifact: artifacts.collector,
    environment,
    memoryMb: config.collectorMemory,
    concurrency: config.collectorConcurrency,
    sources: logs.sources,
  });
  tables.grant(collector.lambda.role, COLLECTOR_GRANTS);
  collector.lambda.role.addToPolicy(readLogs('logs:FilterLogEvents'));

  const webhooks = new Webhooks(scope, 'Webhooks', {
    name: `${name}-webhooks`,
    artifact: artifacts.webhooks,
    environment: {
      MIYABI_BACKEND: 'aws',
      CACHE: 'none',
      FEED: 'memory',
      // No one waits for it, and of the store it may access only one table and the kept log lines.
      MIYABI_PRIME: 'none',
      WEBHOOKS_TABLE_NAME: tables.webhooks.tableName,
      // For the log lines that a message of a failed task takes along.
      TASKS_TABLE_NAME: tables.tasks.tableName,
      ...logGroups,
      ...(tracing ? { TRACING: 'true' } : {}),
    },
    logGroup: logs.system,
    tracing,
  });
  tables.grant(webhooks.lambda.role, SENDER_GRANTS);
  webhooks.lambda.role.addToPolicy(readLogs('logs:GetLogEvents'));
  for (const group of config.sources) {
    for (const role of [api.role, collector.lambda.role, webhooks.lambda.role]) {
      acknowledge(role, {
        [`IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:${group}:*]`]:
          'The streams of a log group that was chosen to be read',
      });
    }
  }

  const entrance = new HttpEntrance(scope, 'Entrance', { config, alias, accessLogs: logs.access });
  const site = config.dashboard
    ? new Site(scope, 'Site', { config, api: entrance.api, folder: artifacts.dashboard })
    : undefined;
  const alarms = new Alarms(scope, 'Alarms', {
    name,
    key: keys.key,
    email: config.alarmEmail,
    httpApi: entrance.api,
    alias,
    collector: collector.lambda.function,
    webhooks: webhooks.lambda.function,
    deadLetters: collector.deadLetters,
    apiMetrics: config.apiMetrics,
    tasksTable: tables.tasks.tableName,
    otherTables: [tables.projects.tableName, tables.webhooks.tableName],
    system: logs.system,
    cache,
  });
  new Overview(scope, 'Overview', { name, alarms });
  new Rollout(scope, 'Rollout', {
    name,
    api: api.function,
    alias,
    alarms: alarms.rollback,
    hookArtifact: artifacts.hook,
    now: config.now,
    key: keys.key,
    logGroup: logs.system,
  });

  return { entrance, site, cache, alias, collector, webhooks, tables, logs, alarms };
};
