import * as v from 'valibot';
import type { TableNames } from '../src/adapters/dynamodb/tables.ts';
import { MAX_SHARDS, SHARD_STEPS, type TaskShards, UNSHARDED } from '../src/adapters/dynamodb/task-shards.ts';
import { readConfig } from '../src/config.ts';
import { MiyabiError } from '../src/domain/errors.ts';
import { isJsonObject } from '../src/domain/json.ts';

export const CACHE_CHOICES = ['none', 'node', 'serverless'] as const;
/** The default of `cdk bootstrap`. */
export const DEFAULT_QUALIFIER = 'hnb659fds';
const AUTH_CHOICES = ['keys', 'jwt'] as const;

const text = v.pipe(v.string(), v.trim(), v.minLength(1));
const flag = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])]),
  v.transform((value) => value === true || value === 'true'),
);
const integer = (min: number, max: number) =>
  v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number))]),
    v.integer(),
    v.minValue(min),
    v.maxValue(max),
  );
const list = v.pipe(
  v.union([v.array(v.string()), v.string()]),
  v.transform((value) =>
    (typeof value === 'string' ? value.split(/[\s,]+/) : value).filter((part) => part !== ''),
  ),
);
/** What every AWS service allows in a tag: no comma, and an equals sign only in values. */
const TAG_KEY = /^(?!aws:)[\p{L}\p{Zs}\p{N}_.:/+@-]{1,128}$/iu;
const TAG_VALUE = /^[\p{L}\p{Zs}\p{N}_.:/+@=-]{0,256}$/u;
/** A resource takes 50; the CDK adds some of its own. */
const MAX_TAGS = 40;
/** `team=shop,stage=production`, or an object in a file. */
const tags = v.pipe(
  v.union([
    v.pipe(
      v.record(v.string(), v.string()),
      v.transform((value) => Object.entries(value)),
    ),
    v.pipe(
      v.string(),
      v.regex(/^[^,=]+=[^,]*(,[^,=]+=[^,]*)*$/),
      v.transform((value) => value.split(',').map(pairOf)),
    ),
  ]),
  v.check(
    (pairs) =>
      pairs.length <= MAX_TAGS &&
      pairs.every(([key, value]) => TAG_KEY.test(key) && TAG_VALUE.test(value)) &&
      // IAM ignores the case of tag keys.
      new Set(pairs.map(([key]) => key.toLowerCase())).size === pairs.length,
  ),
  v.transform((pairs): Readonly<Record<string, string>> => Object.fromEntries(pairs)),
);
const domain = v.optional(v.pipe(text, v.regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/)));
const tableName = v.optional(v.pipe(text, v.regex(/^[\w.-]{3,255}$/)));
const memory = v.optional(integer(128, 10_240), 256);

/** The retention periods of CloudWatch. */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] as const;

const schema = v.object({
  /** The prefix of all names, so that one account can hold several systems. */
  name: v.optional(v.pipe(text, v.regex(/^[a-z][a-z0-9-]{1,20}$/)), 'miyabi'),
  cache: v.optional(v.picklist(CACHE_CHOICES), 'node'),
  auth: v.optional(v.picklist(AUTH_CHOICES), 'keys'),
  jwtIssuer: v.optional(v.pipe(text, v.startsWith('https://'))),
  jwtAudience: v.optional(list, ''),
  corsOrigins: v.optional(list, ''),
  alarmEmail: v.optional(v.pipe(text, v.email())),
  tracing: v.optional(flag, false),
  retentionDays: v.optional(
    v.pipe(
      integer(1, 365),
      v.check((days) => RETENTION_DAYS.some((one) => one === days)),
    ),
    30,
  ),
  requestsPerSecond: v.optional(integer(1, 10_000), 100),
  burst: v.optional(integer(1, 5_000), 200),
  /** False for accounts that may not use CloudFront, as is often so for new ones. */
  dashboard: v.optional(flag, true),
  /** Existing log groups that are collected besides the two of the stack. */
  sources: v.optional(
    v.pipe(
      list,
      v.check((groups) => groups.every((group) => /^[\w./#-]{1,512}$/.test(group))),
    ),
    '',
  ),
  projectRules: v.optional(v.pipe(text, v.check(isProjectRules))),
  logLevel: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info'),
  rateLimit: v.optional(integer(0, 1_000_000), 1200),
  /** Whether the API writes metrics by route, which CloudWatch charges for. */
  apiMetrics: v.optional(flag, false),
  /** Whether the API answers `/metrics`. */
  metrics: v.optional(flag, false),
  /** Which posted lines the API keeps, as the variables `KEEP_LOG_LINES` and `LOG_LINES_…` say. */
  keepLogLines: v.optional(flag, true),
  logLinesFirst: v.optional(integer(0, 1_000), 100),
  logLinesLast: v.optional(integer(10, 20_000), 2000),
  logLinesBytes: v.optional(integer(100_000, 10_000_000), 1_000_000),
  logLinesDays: v.optional(integer(1, 90), 7),
  apiMemory: memory,
  collectorMemory: memory,
  /** Of the account's concurrent executions, what the collector has for itself and cannot exceed; 0 reserves none. */
  collectorConcurrency: v.optional(integer(0, 1_000), 0),
  /** Names of tables that exist, as a restored one, instead of those that begin with `name`. */
  tasksTable: tableName,
  projectsTable: tableName,
  webhooksTable: tableName,
  /** Over how many partitions lists of running tasks are spread; `npm run deploy` chooses it for a new table. */
  shards: v.optional(integer(1, MAX_SHARDS), 1),
  /** How far an existing table has come on the way to its shards. */
  shardStep: v.optional(integer(1, SHARD_STEPS), SHARD_STEPS),
  /** Availability Zones of the network, by default the first two of the Region. */
  zones: v.optional(
    v.pipe(
      list,
      v.check(
        (zones) =>
          zones.length === 0 ||
          (new Set(zones).size === 2 && zones.every((zone) => /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(zone))),
      ),
    ),
    '',
  ),
  /** A domain of one's own for the API, and the ARN of its certificate in the same Region. */
  apiDomain: domain,
  apiCertificate: v.optional(v.pipe(text, v.regex(/^arn:aws[a-z-]*:acm:/))),
  /** A custom domain for the dashboard, and the ARN of its certificate in us-east-1, from where CloudFront takes them. */
  dashboardDomain: domain,
  dashboardCertificate: v.optional(v.pipe(text, v.regex(/^arn:aws[a-z-]*:acm:us-east-1:/))),
  /** Tags for all resources of the stack. */
  tags: v.optional(tags, {}),
  /** The version of the secret with the cache's password, once it has been replaced; the one before stays valid. */
  cachePasswordVersion: v.optional(v.pipe(text, v.regex(/^[\w-]{32,64}$/))),
  /** The version of the parameter with the API keys that the functions use. */
  apiKeysVersion: v.optional(integer(1, 1_000_000), 1),
  /** Of the CDK bootstrap whose roles and bucket deploy this. */
  qualifier: v.optional(v.pipe(text, v.regex(/^[a-z0-9]{1,10}$/)), DEFAULT_QUALIFIER),
  /** Set by `npm run deploy -- --now`: the alias moves at once, without the canary that alarms stop. */
  now: v.optional(flag, false),
  /** Set by `npm run deploy`: false until a first deployment has succeeded, since a failed one must be deletable. */
  protect: v.optional(flag, true),
});

/** Splits `key=value`. */
function pairOf(pair: string): [key: string, value: string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

/** Whether the API itself would take it. */
function isProjectRules(value: string): boolean {
  try {
    readConfig({ MIYABI_PROJECT_RULES: value });
    return true;
  } catch {
    return false;
  }
}

/** The options of a deployment: `-c cache=none -c alarmEmail=ops@example.org …`. */
export type DeployConfig = Readonly<v.InferOutput<typeof schema>>;

export const OPTIONS = Object.keys(schema.entries) as (keyof DeployConfig)[];

/** Set by the scripts themselves; they are neither chosen nor stored with a stack. */
const INTERNAL: readonly (keyof DeployConfig)[] = ['apiKeysVersion', 'now', 'protect'];

/** What can be chosen, kept with the stack and written in a file. */
export const CHOICES = OPTIONS.filter((option) => !INTERNAL.includes(option));

/** What `miyabi.deploy.json` may say, for editors: `deploy/miyabi.deploy.schema.json` is made of it. */
export const fileSchema = v.object(v.omit(schema, ['apiKeysVersion', 'now', 'protect']).entries);

/** Options that are a variable of the API: it gets those that are not at the application's default. */
const API_VARIABLES = {
  rateLimit: 'RATE_LIMIT',
  apiMetrics: 'API_METRICS',
  metrics: 'METRICS',
  keepLogLines: 'KEEP_LOG_LINES',
  logLinesFirst: 'LOG_LINES_FIRST',
  logLinesLast: 'LOG_LINES_LAST',
  logLinesBytes: 'LOG_LINES_BYTES',
  logLinesDays: 'LOG_LINES_DAYS',
} as const satisfies Partial<Record<keyof DeployConfig, string>>;

export const apiVariables = (config: DeployConfig): Readonly<Record<string, string>> => {
  const chosen = chosenOptions(config);
  return Object.fromEntries(
    Object.entries(API_VARIABLES).flatMap(([option, variable]) => {
      const value = chosen[option];
      return value === undefined ? [] : [[variable, value]];
    }),
  );
};

/** The choices of a configuration as text, without those that are at their default. */
export const chosenOptions = (config: DeployConfig): Readonly<Record<string, string>> => {
  const defaults = readDeployConfig({});
  return Object.fromEntries(
    CHOICES.map((option) => [option, optionText(config[option])] as const).filter(
      ([option, value]) => value !== optionText(defaults[option]),
    ),
  );
};

/** The value of an option as `-c` takes it. */
export const optionText = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(',');
  if (!isJsonObject(value)) return String(value ?? '');
  return Object.entries(value)
    .map(([key, one]) => `${key}=${one}`)
    .join(',');
};

export const RULES: Readonly<Partial<Record<keyof DeployConfig, string>>> = {
  name: 'must be 2 to 21 small letters, digits and hyphens, a letter first',
  cache: `must be one of ${CACHE_CHOICES.join(', ')}`,
  auth: `must be one of ${AUTH_CHOICES.join(', ')}`,
  jwtIssuer: 'must be an https URL',
  alarmEmail: 'must be an e-mail address',
  tracing: 'must be true or false',
  retentionDays: `must be one of ${RETENTION_DAYS.join(', ')}`,
  requestsPerSecond: 'must be a whole number from 1 to 10000',
  burst: 'must be a whole number from 1 to 5000',
  dashboard: 'must be true or false',
  sources: 'must be names of log groups, with commas between',
  projectRules: 'must be a JSON array of {log_group?, log_stream?, task_name?, project_id}',
  logLevel: 'must be one of debug, info, warn, error',
  rateLimit: 'must be a whole number from 0 to 1000000',
  apiMetrics: 'must be true or false',
  metrics: 'must be true or false',
  keepLogLines: 'must be true or false',
  logLinesFirst: 'must be a whole number from 0 to 1000',
  logLinesLast: 'must be a whole number from 10 to 20000',
  logLinesBytes: 'must be a whole number from 100000 to 10000000',
  logLinesDays: 'must be a whole number from 1 to 90',
  apiMemory: 'must be a whole number from 128 to 10240, in MB',
  collectorMemory: 'must be a whole number from 128 to 10240, in MB',
  collectorConcurrency: 'must be a whole number from 0 to 1000',
  tasksTable: 'must be the name of a table',
  projectsTable: 'must be the name of a table',
  webhooksTable: 'must be the name of a table',
  shards: `must be a whole number from 1 to ${MAX_SHARDS}`,
  shardStep: `must be a whole number from 1 to ${SHARD_STEPS}`,
  zones: 'must be two Availability Zones with a comma between, as eu-west-1a,eu-west-1c',
  apiDomain: 'must be a domain in small letters, as api.example.org',
  apiCertificate: 'must be the ARN of a certificate of AWS Certificate Manager',
  dashboardDomain: 'must be a domain in small letters, as progress.example.org',
  dashboardCertificate:
    'must be the ARN of a certificate in us-east-1, the only Region from which CloudFront takes certificates',
  tags: `must be up to ${MAX_TAGS} tags such as team=shop,stage=production: keys that differ in more than capitals and do not begin with aws:, letters, digits, spaces and _.:/+@-, in values also =`,
  cachePasswordVersion: 'must be the VersionId of a secret, 32 to 64 characters',
  apiKeysVersion: 'must be a whole number from 1',
  qualifier: 'must be 1 to 10 small letters and digits',
  now: 'must be true or false',
  protect: 'must be true or false',
};

/** @throws MiyabiError `configuration` naming every option that is wrong. */
export const readDeployConfig = (given: Readonly<Record<string, unknown>>): DeployConfig => {
  const known = Object.fromEntries(
    OPTIONS.map((option) => [option, given[option]]).filter(
      ([, value]) => value !== undefined && value !== '',
    ),
  );
  const parsed = v.safeParse(schema, known);
  if (!parsed.success) {
    const wrong = new Set(parsed.issues.map(({ path }) => String(path?.[0]?.key)));
    throw new MiyabiError(
      'configuration',
      // A path of valibot is a string; an unknown one has no rule.
      [...wrong].map((option) => `${option} ${RULES[option as keyof DeployConfig] ?? 'is wrong'}`).join('; '),
    );
  }
  const config = parsed.output;
  const own = config.sources.find((group) => group.startsWith(`/${config.name}/`));
  if (own !== undefined) {
    throw new MiyabiError(
      'configuration',
      `sources must not name ${own}: groups of the system itself are collected already, or must not be`,
    );
  }
  if (config.auth === 'jwt' && (config.jwtIssuer === undefined || config.jwtAudience.length === 0)) {
    throw new MiyabiError('configuration', 'auth jwt needs jwtIssuer and jwtAudience');
  }
  if (config.auth === 'jwt' && config.dashboard) {
    throw new MiyabiError(
      'configuration',
      'auth jwt needs dashboard false: the dashboard signs in with an API key and has no token for the gateway',
    );
  }
  if ((config.apiDomain === undefined) !== (config.apiCertificate === undefined)) {
    throw new MiyabiError('configuration', 'apiDomain and apiCertificate need each other');
  }
  if ((config.dashboardDomain === undefined) !== (config.dashboardCertificate === undefined)) {
    throw new MiyabiError('configuration', 'dashboardDomain and dashboardCertificate need each other');
  }
  if (config.dashboardDomain !== undefined && !config.dashboard) {
    throw new MiyabiError(
      'configuration',
      'dashboardDomain needs the dashboard, which dashboard false leaves out',
    );
  }
  if (config.dashboardDomain !== undefined && config.dashboardDomain === config.apiDomain) {
    throw new MiyabiError(
      'configuration',
      'dashboardDomain and apiDomain must differ: each has its own DNS record',
    );
  }
  if (config.zones.length > 0 && config.cache === 'none') {
    throw new MiyabiError('configuration', 'zones needs a cache: without one there is no network');
  }
  if (config.cachePasswordVersion !== undefined && config.cache === 'none') {
    throw new MiyabiError(
      'configuration',
      'cachePasswordVersion needs a cache: without one there is no password',
    );
  }
  const { tasks, projects, webhooks } = tableNamesOf(config);
  if (new Set([tasks, projects, webhooks]).size < 3) {
    throw new MiyabiError('configuration', 'tasksTable, projectsTable and webhooksTable must differ');
  }
  return config;
};

/** The names of the tables of a system. */
export const tableNamesOf = ({
  name,
  tasksTable,
  projectsTable,
  webhooksTable,
}: DeployConfig): TableNames => ({
  tasks: tasksTable ?? `${name}-tasks`,
  projects: projectsTable ?? `${name}-projects`,
  webhooks: webhooksTable ?? `${name}-webhooks`,
});

/** How the tasks table of a system is partitioned. */
export const shardsOf = ({ shards, shardStep }: Pick<DeployConfig, 'shards' | 'shardStep'>): TaskShards =>
  shards === 1 ? UNSHARDED : { count: shards, step: shardStep };

/** The stack of a system, and where its API keys are. */
export const stackNameOf = (name: string): string => (name === 'miyabi' ? 'Miyabi' : `Miyabi-${name}`);
/** The output of the stack that keeps the options of its last deployment. */
export const OPTIONS_OUTPUT = 'Options';
export const apiKeysParameterOf = (name: string): string => `/${name}/api-keys`;
