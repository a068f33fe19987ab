import * as v from 'valibot';
import { MiyabiError } from '../src/domain/errors.ts';

export const CACHE_CHOICES = ['none', 'node', 'serverless'] as const;
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
  v.string(),
  v.transform((value) => value.split(/[\s,]+/).filter((part) => part !== '')),
);

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
  /** The version of the parameter with the API keys that the functions use. */
  apiKeysVersion: v.optional(integer(1, 1_000_000), 1),
  /** Set by `npm run deploy`: false until a first deployment has succeeded, since a failed one must be deletable. */
  protect: v.optional(flag, true),
});

/** The options of a deployment: `-c cache=none -c alarmEmail=ops@example.org …`. */
export type DeployConfig = Readonly<v.InferOutput<typeof schema>>;

export const OPTIONS = Object.keys(schema.entries) as (keyof DeployConfig)[];

const RULES: Readonly<Partial<Record<keyof DeployConfig, string>>> = {
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
  apiKeysVersion: 'must be a whole number from 1',
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
  if (config.auth === 'jwt' && (config.jwtIssuer === undefined || config.jwtAudience.length === 0)) {
    throw new MiyabiError('configuration', 'auth jwt needs jwtIssuer and jwtAudience');
  }
  return config;
};

/** The stack of a system, and where its API keys are. */
export const stackNameOf = (name: string): string => (name === 'miyabi' ? 'Miyabi' : `Miyabi-${name}`);
export const apiKeysParameterOf = (name: string): string => `/${name}/api-keys`;
