import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DEFAULT_SHARDS } from '../../src/adapters/dynamodb/task-shards.ts';
import { apiKeysParameterOf, readDeployConfig } from '../config.ts';
import { makeSystem } from '../system.ts';
import { unpackFunctions } from './functions.ts';

/** What can be chosen; the same options as of `npm run deploy`, with the defaults of a first deployment. */
export interface MiyabiProps {
  /** Begins the names of tables, log groups and functions, so that one account can hold several systems. Default `miyabi`. */
  readonly name?: string;
  /** `none`: no network, every read from DynamoDB. `node`: one cache.t4g.micro. Default `node`. */
  readonly cache?: 'none' | 'node' | 'serverless';
  /** Who asks callers for proof: the API for its keys, or the gateway for a JWT and then the API for a key. Default `keys`. */
  readonly auth?: 'keys' | 'jwt';
  /** For `auth: 'jwt'`: an https URL. */
  readonly jwtIssuer?: string;
  /** For `auth: 'jwt'`. */
  readonly jwtAudience?: readonly string[];
  /** Origins of other pages that may call the API. */
  readonly corsOrigins?: readonly string[];
  /** False leaves out CloudFront and the bucket of the dashboard. Default true. */
  readonly dashboard?: boolean;
  /** Gets the alarms by e-mail. */
  readonly alarmEmail?: string;
  /** X-Ray for the functions. Default false. */
  readonly tracing?: boolean;
  /** Of all log groups: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365. Default 30. */
  readonly retentionDays?: number;
  /** Where the gateway begins to refuse, all callers together. Default 100. */
  readonly requestsPerSecond?: number;
  /** The same for a moment. Default 200. */
  readonly burst?: number;
  /** Existing log groups that are collected too. */
  readonly sources?: readonly string[];
  /** A JSON array of `{log_group?, log_stream?, task_name?, project_id}`. */
  readonly projectRules?: string;
  /** Of all functions. Default `info`. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** Requests a minute for each API key; 0 is no limit. Default 1200. */
  readonly rateLimit?: number;
  /** Metrics of the API's requests by route, which CloudWatch charges for. Default false. */
  readonly apiMetrics?: boolean;
  /** Whether the API answers `/metrics`. Default false. */
  readonly metrics?: boolean;
  /** Whether log lines that clients post are kept. Default true. */
  readonly keepLogLines?: boolean;
  /** How many of the first lines of a stream are kept. Default 100. */
  readonly logLinesFirst?: number;
  /** How many of the last. Default 2000. */
  readonly logLinesLast?: number;
  /** The most bytes of a stream's lines. Default 1,000,000. */
  readonly logLinesBytes?: number;
  /** How many days lines are kept. Default 7. */
  readonly logLinesDays?: number;
  /** Of the API's function, in MB. Default 256. */
  readonly apiMemory?: number;
  /** Of the collector, in MB. Default 256. */
  readonly collectorMemory?: number;
  /** Executions at once that the collector has for itself and cannot exceed; 0 reserves none. Default 0. */
  readonly collectorConcurrency?: number;
  /** The name of a table that exists, as a restored one, instead of `NAME-tasks`. */
  readonly tasksTable?: string;
  /** Likewise, instead of `NAME-projects`. */
  readonly projectsTable?: string;
  /** Likewise, instead of `NAME-webhooks`. */
  readonly webhooksTable?: string;
  /**
   * Over how many partitions lists of running tasks are spread, fixed for a table. 1 for a table that a release without
   * this option has made. Default 16.
   */
  readonly shards?: number;
  /** 1 to 7: how far an existing table has come on the way to its shards, see docs/scale.md. Default 7, all of it. */
  readonly shardStep?: number;
  /** Two Availability Zones for the network, by default the first two of the Region. */
  readonly zones?: readonly string[];
  /** A domain for the API, as `api.example.org`; needs `apiCertificate`. */
  readonly apiDomain?: string;
  /** The ARN of a certificate for `apiDomain` in the same Region. */
  readonly apiCertificate?: string;
  /** A domain for the dashboard, such as `progress.example.org`; needs `dashboardCertificate`. */
  readonly dashboardDomain?: string;
  /** The ARN of a certificate for `dashboardDomain` in us-east-1, whichever Region the stack is in. */
  readonly dashboardCertificate?: string;
  /** Tags for all resources that the construct creates. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The version id of the secret with the cache's password, once it has been replaced. The one before stays valid. */
  readonly cachePasswordVersion?: string;
  /** The version of the parameter with the API keys. Raise it to bring other keys into force. Default 1. */
  readonly apiKeysVersion?: number;
  /** True moves the API to a new version at once, without the canary that alarms stop. Default false. */
  readonly now?: boolean;
}

/**
 * A whole system: API, collector, webhooks, tables, log groups, alarms, and with `cache` a network, with `dashboard` a
 * site. The tables outlive it.
 *
 * Before the first deployment, the parameter `apiKeysParameter` must hold the entry of an API key: `miyabi keys create`
 * makes one.
 *
 * @throws Error with the code `configuration` that names every property that is wrong.
 */
export class Miyabi extends Construct {
  readonly api: IHttpApi;
  readonly apiUrl: string;
  /** What the DNS record of `apiDomain` must point to. */
  readonly apiDomainTarget: string | undefined;
  readonly dashboardUrl: string | undefined;
  /** What the DNS record of `dashboardDomain` must point to. */
  readonly dashboardDomainTarget: string | undefined;
  /** The alias that the gateway calls. */
  readonly apiFunction: IFunction;
  readonly collectorFunction: IFunction;
  readonly webhooksFunction: IFunction;
  readonly tasksTable: ITable;
  readonly projectsTable: ITable;
  readonly webhooksTable: ITable;
  /** What is written to these becomes progress. */
  readonly logGroups: Readonly<{ cdkDeploy: ILogGroup; agents: ILogGroup }>;
  readonly alarms: readonly IAlarm[];
  /** All alarms publish to it. */
  readonly alarmTopic: ITopic;
  /** The name of the parameter in Systems Manager with the entries of the API keys. */
  readonly apiKeysParameter: string;

  constructor(scope: Construct, id: string, props: MiyabiProps = {}) {
    super(scope, id);
    const config = readDeployConfig({ shards: DEFAULT_SHARDS, ...props });
    const here = fileURLToPath(new URL('.', import.meta.url));
    const assembly = Stage.of(this)?.assetOutdir;
    if (assembly === undefined) throw new Error(`${this.node.path} must be in an App`);
    const functions = unpackFunctions(join(here, 'functions.br'), join(assembly, '.miyabi'));
    const folderOf = (name: string): string => functions.get(name) ?? name;
    const system = makeSystem(this, {
      config,
      artifacts: {
        api: folderOf('api'),
        collector: folderOf('collector'),
        webhooks: folderOf('webhooks'),
        hook: folderOf('hook'),
        dashboard: join(here, '../web'),
      },
    });
    this.api = system.entrance.api;
    this.apiUrl = system.entrance.url;
    this.apiDomainTarget = system.entrance.domainTarget;
    this.dashboardUrl = system.site?.url;
    this.dashboardDomainTarget = system.site?.domainTarget;
    this.apiFunction = system.alias;
    this.collectorFunction = system.collector.lambda.function;
    this.webhooksFunction = system.webhooks.lambda.function;
    this.tasksTable = system.tables.tasks;
    this.projectsTable = system.tables.projects;
    this.webhooksTable = system.tables.webhooks;
    this.logGroups = { cdkDeploy: system.logs.cdkDeploy, agents: system.logs.agents };
    this.alarms = system.alarms.all;
    this.alarmTopic = system.alarms.topic;
    this.apiKeysParameter = apiKeysParameterOf(config.name);
  }
}
