// Over 300 lines: every variable of the environment, its rule and what it becomes are read side by side.
import * as v from 'valibot';
import { API_KEY_RULE, type ApiKey, parseApiKey } from './domain/api-keys.ts';
import { defined } from './domain/defined.ts';
import { MiyabiError } from './domain/errors.ts';
import type { ProjectRule } from './domain/logs/identity.ts';
import type { LineBounds } from './domain/logs/kept-lines.ts';
import { type AddressRange, parseRange } from './domain/webhooks/address.ts';
import { isOutside, type OutsideName } from './ports/backend.ts';
import { LOG_LEVELS, type LogLevel } from './ports/logger.ts';

const BACKENDS = ['memory', 'local', 'aws'] as const;
const STORES = ['memory', 'embedded', 'dynamodb'] as const;
const CACHES = ['none', 'memory', 'redis'] as const;
const LOG_SOURCES = ['memory', 'file', 'cloudwatch'] as const;
const FEEDS = ['memory', 'redis'] as const;
const PRIMINGS = ['all', 'cache', 'none'] as const;

export type StoreKind = (typeof STORES)[number];
export type CacheKind = (typeof CACHES)[number];
export type LogSourceKind = (typeof LOG_SOURCES)[number];
export type FeedKind = (typeof FEEDS)[number];
export type Priming = (typeof PRIMINGS)[number];

/** Every setting, read once. The backend's preset decides each port that has no setting of its own. */
export type Config = Readonly<{
  backend: (typeof BACKENDS)[number];
  taskStore: StoreKind | OutsideName;
  cache: CacheKind | OutsideName;
  logSource: LogSourceKind | OutsideName;
  feed: FeedKind | OutsideName;
  host: string;
  port: number;
  dataDir: string;
  /** The folder whose sub-folders are log groups. */
  logDir: string;
  logLevel: LogLevel;
  /** Which backends a Lambda talks to before its first request. */
  priming: Priming;
  /** Whether the API Lambda writes metrics of its requests. */
  apiMetrics: boolean;
  /** Whether a Lambda reports its calls of DynamoDB and Redis to X-Ray. */
  tracing: boolean;
  /** Set if the local server sends traces to a collector. */
  otlp?: OtlpConfig;
  /** The service that logs and metrics of a Lambda name, where it is not the usual one. */
  serviceName?: string;
  collectIntervalMs: number;
  /** How long the server waits for requests and jobs after it was asked to stop. */
  stopTimeoutMs: number;
  tasksTable: string;
  projectsTable: string;
  webhooksTable: string;
  /** How the list indexes of the tasks table in DynamoDB are partitioned: docs/scale.md. */
  taskShards: Readonly<{ count: number; step: number }>;
  region?: string;
  dynamodbEndpoint?: string;
  cloudwatchLogsEndpoint?: string;
  redis?: RedisConfig;
  /** A JSON file of custom log formats. */
  logFormatsFile?: string;
  /** Signs cursors; processes that share it accept each other's. Undefined: each process makes its own. */
  secret?: string;
  /** Who may call the API. Without any keys, anyone who can reach it may. */
  apiKeys: readonly ApiKey[];
  /** How many requests a minute one key may make; 0 is no limit. */
  rateLimit: number;
  /** Whether `/metrics` answers. */
  metrics: boolean;
  /** Origins whose pages may call the API; `*` allows any. */
  corsOrigins: readonly string[];
  /** Without keys: host names that the server accepts besides those of this machine. */
  allowedHosts: readonly string[];
  /** Where webhooks may go besides the internet. There they may use plain HTTP. */
  webhookAllow: readonly AddressRange[];
  /** CloudWatch log groups that a scheduled collection reads. */
  logGroups: readonly string[];
  /** What is kept of the lines that clients post; undefined keeps none. */
  lineBounds: LineBounds | undefined;
  /** The first matching rule decides the project of a log that names none. */
  projectRules: readonly ProjectRule[];
}>;

/** The standard variables of OpenTelemetry that decide what is sent. Its SDK reads the others. */
export type OtlpConfig = Readonly<{ exporter: string; protocol: string; endpoint: string }>;

export type RedisConfig = Readonly<{
  host: string;
  port: number;
  tls: boolean;
  cluster: boolean;
  username?: string;
  password?: string;
  /** Tried where the other is refused. */
  previousPassword?: string;
  /** Holds the passwords, one a line, in place of both. */
  passwordFile?: string;
}>;

const PRESETS = {
  memory: { taskStore: 'memory', cache: 'memory', logSource: 'memory', feed: 'memory' },
  local: { taskStore: 'embedded', cache: 'memory', logSource: 'file', feed: 'memory' },
  aws: { taskStore: 'dynamodb', cache: 'redis', logSource: 'cloudwatch', feed: 'redis' },
} as const satisfies Record<Config['backend'], Pick<Config, 'taskStore' | 'cache' | 'logSource' | 'feed'>>;

const text = v.pipe(v.string(), v.trim(), v.minLength(1, 'must not be empty'));
const choice = <const T extends readonly [string, ...string[]]>(options: T) =>
  v.picklist(options, (issue) => `must be one of ${options.join(', ')}, not ${issue.received}`);
/** One of ours by its name, or an adapter from outside. */
const adapter = <const T extends readonly [string, ...string[]]>(options: T) =>
  v.union(
    [v.picklist(options), v.custom<OutsideName>((name) => typeof name === 'string' && isOutside(name))],
    (issue) =>
      `must be one of ${options.join(', ')}, npm: and the name of a package, or a path such as ./adapter.js; not ${issue.received}`,
  );
const integer = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`),
    v.transform(Number),
    v.minValue(min, `must be a whole number from ${min} to ${max}`),
    v.maxValue(max, `must be a whole number from ${min} to ${max}`),
  );
const flag = v.pipe(
  choice(['true', 'false', '1', '0']),
  v.transform((value) => value === 'true' || value === '1'),
);
const httpUrl = v.pipe(
  v.string(),
  v.url('must be a URL such as http://127.0.0.1:8000'),
  v.startsWith('http', 'must be an http or https URL'),
);

const tableName = v.pipe(text, v.minLength(3, 'must have at least 3 characters'));

const listed = v.pipe(
  v.string(),
  v.transform((value) => value.split(/[\s,]+/).filter((part) => part !== '')),
);
const apiKeys = v.pipe(
  listed,
  v.transform((parts) => parts.map(parseApiKey)),
  v.array(
    v.custom<ApiKey>((key) => key !== undefined, API_KEY_RULE),
    API_KEY_RULE,
  ),
);
const origins = v.pipe(
  listed,
  v.array(
    v.pipe(
      v.string(),
      v.regex(/^(\*|https?:\/\/[^/\s]+)$/, 'must be * or origins such as https://example.org'),
    ),
  ),
);

const hostNames = v.pipe(
  listed,
  v.array(
    v.pipe(
      v.string(),
      v.regex(
        /^([a-z\d._-]+|\[[a-f\d:]+\])(:\d{1,5})?$/i,
        'must be host names such as tracker.lan or tracker.lan:8787',
      ),
    ),
  ),
);

const ADDRESS_RULE = 'must be addresses or ranges of them such as 127.0.0.1, 10.0.0.0/8, fd00::/8';
const addressRanges = v.pipe(
  listed,
  v.transform((parts) => parts.map(parseRange)),
  v.array(
    v.custom<AddressRange>((range) => range !== undefined, ADDRESS_RULE),
    ADDRESS_RULE,
  ),
);

const projectRules = v.pipe(
  v.string(),
  v.parseJson(undefined, 'must be a JSON array of rules'),
  v.array(
    v.strictObject({
      log_group: v.optional(v.string()),
      log_stream: v.optional(v.string()),
      task_name: v.optional(v.string()),
      project_id: text,
    }),
    'must be a JSON array of rules',
  ),
);

const DAY_MS = 24 * 60 * 60 * 1000;

const logGroups = v.pipe(
  listed,
  v.array(
    v.pipe(v.string(), v.regex(/^[\w./#-]{1,512}$/, 'must be names of log groups, with commas between')),
  ),
);

const environment = v.object({
  MIYABI_BACKEND: v.optional(choice(BACKENDS), 'local'),
  TASK_STORE: v.optional(adapter(STORES)),
  CACHE: v.optional(adapter(CACHES)),
  LOG_SOURCE: v.optional(adapter(LOG_SOURCES)),
  FEED: v.optional(adapter(FEEDS)),
  HOST: v.optional(text, '127.0.0.1'),
  PORT: v.optional(integer(0, 65_535), '8787'),
  MIYABI_DATA_DIR: v.optional(text, '.miyabi'),
  MIYABI_LOG_DIR: v.optional(text),
  LOG_LEVEL: v.optional(v.pipe(v.string(), v.toLowerCase(), choice(LOG_LEVELS)), 'info'),
  POWERTOOLS_SERVICE_NAME: v.optional(text),
  API_METRICS: v.optional(flag, 'false'),
  TRACING: v.optional(flag, 'false'),
  MIYABI_PRIME: v.optional(choice(PRIMINGS), 'all'),
  OTEL_SDK_DISABLED: v.optional(v.string(), 'false'),
  OTEL_TRACES_EXPORTER: v.optional(text),
  OTEL_EXPORTER_OTLP_ENDPOINT: v.optional(text),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: v.optional(text),
  OTEL_EXPORTER_OTLP_PROTOCOL: v.optional(text, 'http/protobuf'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: v.optional(text),
  COLLECT_INTERVAL_MS: v.optional(integer(100, 3_600_000), '1000'),
  STOP_TIMEOUT_MS: v.optional(integer(0, 600_000), '8000'),
  TASKS_TABLE_NAME: v.optional(tableName, 'miyabi-tasks'),
  PROJECTS_TABLE_NAME: v.optional(tableName, 'miyabi-projects'),
  WEBHOOKS_TABLE_NAME: v.optional(tableName, 'miyabi-webhooks'),
  TASK_SHARDS: v.optional(integer(1, 64), '1'),
  TASK_SHARD_STEP: v.optional(integer(1, 7), '7'),
  AWS_REGION: v.optional(text),
  DYNAMODB_ENDPOINT: v.optional(httpUrl),
  CLOUDWATCH_LOGS_ENDPOINT: v.optional(httpUrl),
  REDIS_ENDPOINT: v.optional(text),
  REDIS_PORT: v.optional(integer(1, 65_535), '6379'),
  REDIS_TLS: v.optional(flag, 'false'),
  REDIS_CLUSTER: v.optional(flag, 'false'),
  REDIS_USERNAME: v.optional(text),
  REDIS_PASSWORD: v.optional(text),
  REDIS_PREVIOUS_PASSWORD: v.optional(text),
  REDIS_PASSWORD_FILE: v.optional(text),
  CDK_LOG_GROUP: v.optional(text, '/miyabi/cdk-deploy'),
  AGENTS_LOG_GROUP: v.optional(text, '/miyabi/agents'),
  LOG_GROUPS: v.optional(logGroups, ''),
  MIYABI_LOG_FORMATS: v.optional(text),
  MIYABI_SECRET: v.optional(v.pipe(v.string(), v.minLength(16, 'must have at least 16 characters'))),
  API_KEYS: v.optional(apiKeys, ''),
  RATE_LIMIT: v.optional(integer(0, 1_000_000), '1200'),
  METRICS: v.optional(flag),
  CORS_ORIGINS: v.optional(origins, ''),
  MIYABI_ALLOWED_HOSTS: v.optional(hostNames, ''),
  WEBHOOK_ALLOW: v.optional(addressRanges, ''),
  KEEP_LOG_LINES: v.optional(flag, 'true'),
  LOG_LINES_FIRST: v.optional(integer(0, 1_000), '100'),
  LOG_LINES_LAST: v.optional(integer(10, 20_000), '2000'),
  LOG_LINES_BYTES: v.optional(integer(100_000, 10_000_000), '1000000'),
  LOG_LINES_DAYS: v.optional(integer(1, 90), '7'),
  MIYABI_PROJECT_RULES: v.optional(projectRules, '[]'),
});

/**
 * The configuration that an environment describes. An empty variable counts as unset.
 *
 * @throws MiyabiError `configuration` that names every wrong variable and why it is wrong.
 */
export const readConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = v.safeParse(environment, given);
  if (!parsed.success) {
    const fields = parsed.issues.map((issue) => ({
      path: String(issue.path?.[0]?.key),
      reason: issue.message,
    }));
    throw new MiyabiError('configuration', fields.map(({ path, reason }) => `${path} ${reason}`).join('; '), {
      fields,
    });
  }
  const vars = parsed.output;
  const preset = PRESETS[vars.MIYABI_BACKEND];
  const cache =
    vars.CACHE ?? (preset.cache === 'redis' && vars.REDIS_ENDPOINT === undefined ? 'none' : preset.cache);
  const feed =
    vars.FEED ?? (preset.feed === 'redis' && vars.REDIS_ENDPOINT === undefined ? 'memory' : preset.feed);
  if ((cache === 'redis' || feed === 'redis') && vars.REDIS_ENDPOINT === undefined) {
    throw new MiyabiError(
      'configuration',
      `REDIS_ENDPOINT must be set where ${cache === 'redis' ? 'CACHE' : 'FEED'} is redis`,
    );
  }
  return Object.freeze({
    backend: vars.MIYABI_BACKEND,
    taskStore: vars.TASK_STORE ?? preset.taskStore,
    cache,
    logSource: vars.LOG_SOURCE ?? preset.logSource,
    feed,
    host: vars.HOST,
    port: vars.PORT,
    dataDir: vars.MIYABI_DATA_DIR,
    logDir: vars.MIYABI_LOG_DIR ?? `${vars.MIYABI_DATA_DIR}/logs`,
    logLevel: vars.LOG_LEVEL,
    ...(vars.POWERTOOLS_SERVICE_NAME === undefined ? {} : { serviceName: vars.POWERTOOLS_SERVICE_NAME }),
    priming: vars.MIYABI_PRIME,
    apiMetrics: vars.API_METRICS,
    tracing: vars.TRACING,
    ...defined({ otlp: otlpOf(vars) }),
    collectIntervalMs: vars.COLLECT_INTERVAL_MS,
    stopTimeoutMs: vars.STOP_TIMEOUT_MS,
    tasksTable: vars.TASKS_TABLE_NAME,
    projectsTable: vars.PROJECTS_TABLE_NAME,
    webhooksTable: vars.WEBHOOKS_TABLE_NAME,
    taskShards: { count: vars.TASK_SHARDS, step: vars.TASK_SHARDS === 1 ? 0 : vars.TASK_SHARD_STEP },
    ...defined({ region: vars.AWS_REGION, dynamodbEndpoint: vars.DYNAMODB_ENDPOINT }),
    ...defined({ cloudwatchLogsEndpoint: vars.CLOUDWATCH_LOGS_ENDPOINT }),
    ...(vars.REDIS_ENDPOINT === undefined
      ? {}
      : {
          redis: {
            host: vars.REDIS_ENDPOINT,
            port: vars.REDIS_PORT,
            tls: vars.REDIS_TLS,
            cluster: vars.REDIS_CLUSTER,
            ...defined({ username: vars.REDIS_USERNAME, password: vars.REDIS_PASSWORD }),
            ...defined({ previousPassword: vars.REDIS_PREVIOUS_PASSWORD }),
            ...defined({ passwordFile: vars.REDIS_PASSWORD_FILE }),
          },
        }),
    ...(vars.MIYABI_LOG_FORMATS === undefined ? {} : { logFormatsFile: vars.MIYABI_LOG_FORMATS }),
    ...(vars.MIYABI_SECRET === undefined ? {} : { secret: vars.MIYABI_SECRET }),
    logGroups: [...new Set([vars.CDK_LOG_GROUP, vars.AGENTS_LOG_GROUP, ...vars.LOG_GROUPS])],
    apiKeys: vars.API_KEYS,
    rateLimit: vars.RATE_LIMIT,
    metrics: vars.METRICS ?? vars.MIYABI_BACKEND !== 'aws',
    corsOrigins: vars.CORS_ORIGINS,
    allowedHosts: vars.MIYABI_ALLOWED_HOSTS,
    webhookAllow: vars.WEBHOOK_ALLOW,
    lineBounds: vars.KEEP_LOG_LINES
      ? {
          first: vars.LOG_LINES_FIRST,
          last: vars.LOG_LINES_LAST,
          bytes: vars.LOG_LINES_BYTES,
          kept_ms: vars.LOG_LINES_DAYS * DAY_MS,
        }
      : undefined,
    projectRules: vars.MIYABI_PROJECT_RULES,
  });
};

/** What the specification sends to where no endpoint is given. */
const DEFAULT_COLLECTOR = 'http://localhost:4318';

/**
 * Undefined unless an endpoint or an exporter asks for traces. The values are checked by the server that sends traces: in
 * other programs they may be meant for something else.
 */
const otlpOf = (vars: v.InferOutput<typeof environment>): OtlpConfig | undefined => {
  const endpoint = vars.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? vars.OTEL_EXPORTER_OTLP_ENDPOINT;
  const { OTEL_TRACES_EXPORTER: exporter = endpoint === undefined ? 'none' : 'otlp' } = vars;
  if (vars.OTEL_SDK_DISABLED.toLowerCase() === 'true' || exporter === 'none') return undefined;
  return {
    exporter,
    protocol: vars.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? vars.OTEL_EXPORTER_OTLP_PROTOCOL,
    endpoint: endpoint ?? DEFAULT_COLLECTOR,
  };
};

/** The names of the tables, by what is in them. */
export const tableNames = ({ tasksTable, projectsTable, webhooksTable }: Config) => ({
  tasks: tasksTable,
  projects: projectsTable,
  webhooks: webhooksTable,
});
