import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHARD_STEPS, SHARDED_LISTS } from '../src/adapters/dynamodb/task-shards.ts';
import { MiyabiError } from '../src/domain/errors.ts';
import { isJsonObject } from '../src/domain/json.ts';
import { ROOT } from './build/bundle.ts';
import {
  CHOICES,
  chosenOptions,
  type DeployConfig,
  optionText,
  readDeployConfig,
  shardsOf,
} from './config.ts';

export type OptionTexts = Readonly<Record<string, string>>;

/** The file that is read without `--config`, where it exists. */
const OPTIONS_FILE = 'miyabi.deploy.json';

/** The version of the JSON in the stack's output. */
const STORED_VERSION = 1;

/** What the stack's output `Options` keeps. */
export const storeOptions = (config: DeployConfig): string =>
  JSON.stringify({ version: STORED_VERSION, ...chosenOptions(config) });

/**
 * Reads what `storeOptions` wrote.
 *
 * @throws MiyabiError `configuration` for an output of a later release, or one that was edited.
 */
export const readStoredOptions = (stack: string, output: string): OptionTexts => {
  const unreadable = (reason: string) =>
    new MiyabiError(
      'configuration',
      `The options that ${stack} was deployed with cannot be read (${reason}): use the release that deployed it, or give all options in ${OPTIONS_FILE}`,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(output);
  } catch {
    throw unreadable('no JSON');
  }
  if (!isJsonObject(parsed) || parsed['version'] !== STORED_VERSION) throw unreadable('another version');
  const { version: _version, ...options } = parsed;
  const unknown = Object.keys(options).filter((option) => !CHOICES.some((known) => known === option));
  if (unknown.length > 0) throw unreadable(`unknown: ${unknown.join(', ')}`);
  return asTexts(options);
};

/**
 * The options in a file; undefined where none is named and `miyabi.deploy.json` does not exist.
 *
 * @throws MiyabiError `configuration` naming the file and what is wrong with it.
 */
export const readOptionsFile = (named: string | undefined): OptionTexts | undefined => {
  const file = named ?? join(ROOT, OPTIONS_FILE);
  if (named === undefined && !existsSync(file)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MiyabiError('configuration', `${file} cannot be read: ${reason}`, { cause });
  }
  if (!isJsonObject(parsed)) throw new MiyabiError('configuration', `${file} must hold a JSON object`);
  const { $schema: _schema, ...options } = parsed;
  const unknown = Object.keys(options).filter((option) => !CHOICES.some((known) => known === option));
  if (unknown.length > 0) {
    throw new MiyabiError(
      'configuration',
      `${file}: ${unknown.join(', ')} ${unknown.length === 1 ? 'is no option' : 'are no options'}; the options are ${CHOICES.join(', ')}`,
    );
  }
  // Before they are one text, in which a comma separates them.
  if (options['tags'] !== undefined) readDeployConfig({ tags: options['tags'] });
  return asTexts(options);
};

const asTexts = (options: Readonly<Record<string, unknown>>): OptionTexts =>
  Object.fromEntries(Object.entries(options).map(([option, value]) => [option, optionText(value)]));

/** They describe the table, so that a file may leave them out. */
const shardOptionsIn = (stored: OptionTexts = {}): OptionTexts =>
  Object.fromEntries(
    Object.entries(stored).filter(([option]) => option === 'shards' || option === 'shardStep'),
  );

export type ResolvedOptions = Readonly<{
  config: DeployConfig;
  /** All options that are not at their default, for the CDK's command line. */
  options: OptionTexts;
  /** One line per option that is set or changes. */
  lines: readonly string[];
  changed: readonly string[];
}>;

/**
 * The options of a deployment: `-c` over the file over what the stack was deployed with. A file is the whole statement,
 * so an option that it leaves out goes back to its default. `-c option=` does the same for one option.
 *
 * @throws MiyabiError `configuration` for a value that is wrong.
 */
export const resolveOptions = (
  sources: Readonly<{ given: OptionTexts; file?: OptionTexts | undefined; stored?: OptionTexts | undefined }>,
): ResolvedOptions => {
  const { given, file, stored } = sources;
  const config = readDeployConfig({ ...shardOptionsIn(stored), ...(file ?? stored), ...given });
  const options = chosenOptions(config);
  const before = stored === undefined ? undefined : chosenOptions(readDeployConfig(stored));
  const changed =
    before === undefined
      ? []
      : CHOICES.filter((option) => (before[option] ?? '') !== (options[option] ?? ''));
  const lines = CHOICES.flatMap((option) => {
    const value = options[option] ?? 'default';
    if (changed.includes(option)) return [`  ${option} ${before?.[option] ?? 'default'} -> ${value}`];
    return value === 'default' ? [] : [`  ${option} ${value}`];
  });
  return { config, options, lines, changed };
};

/**
 * The stack's own options must be known before they can be kept.
 *
 * @throws MiyabiError `configuration` for a stack of release 0.1.0, which kept none, unless all are given.
 */
export const requireKnownOptions = (
  stack: string,
  {
    stored,
    file,
    given,
  }: Readonly<{ stored?: OptionTexts | undefined; file?: OptionTexts | undefined; given: OptionTexts }>,
): void => {
  if (stored !== undefined || file !== undefined || given['cache'] !== undefined) return;
  throw new MiyabiError(
    'configuration',
    `${stack} was deployed by a release that did not keep its options: give all of them once more, -c cache=… among them, or write ${OPTIONS_FILE}`,
  );
};

/**
 * Refuses to replace or remove the cache of a running system by accident.
 *
 * @throws MiyabiError `configuration`
 */
export const guardCacheChange = (
  { config, changed }: ResolvedOptions,
  { stack, allowed }: Readonly<{ stack: string; allowed: boolean }>,
): void => {
  if (allowed) return;
  if (changed.includes('zones')) {
    throw new MiyabiError(
      'configuration',
      `Nothing was changed: other zones would replace the network and the cache of ${stack}; add --change-cache to go ahead`,
    );
  }
  if (!changed.includes('cache')) return;
  throw new MiyabiError(
    'configuration',
    `Nothing was changed: cache ${config.cache} is not what ${stack} runs with, and would add or remove its network and cache; add --change-cache to go ahead`,
  );
};

/**
 * Refuses what CloudFormation could not do to the indexes of a running system in one update, and a number of shards that
 * is not the table's.
 *
 * @throws MiyabiError `configuration`
 */
export const guardShardChange = (
  { config }: ResolvedOptions,
  { stack, stored }: Readonly<{ stack: string; stored: OptionTexts | undefined }>,
): void => {
  if (stored === undefined) return;
  const before = shardsOf(readDeployConfig(stored));
  const after = shardsOf(config);
  if (before.step > 0 && after.step > 0 && before.count !== after.count) {
    throw new MiyabiError(
      'configuration',
      `Nothing was changed: the tasks table of ${stack} has ${before.count} shards, not ${after.count}, and their number is fixed`,
    );
  }
  if (Math.abs(before.step - after.step) <= 1) return;
  const next = before.step + Math.sign(after.step - before.step);
  const { count } = before.step < after.step ? after : before;
  throw new MiyabiError(
    'configuration',
    `Nothing was changed: the tasks table of ${stack} is at shard step ${before.step} of ${SHARD_STEPS}, and a deployment goes one step: ${next === 0 ? '-c shards= -c shardStep=' : `-c shards=${count} -c shardStep=${next}`}, see docs/scale.md`,
  );
};

/** Whether this deployment lets lists come from indexes that must contain every task. */
export const movesListsToShards = ({ config }: ResolvedOptions, stored: OptionTexts | undefined): boolean =>
  stored !== undefined &&
  shardsOf(readDeployConfig(stored)).step < SHARDED_LISTS &&
  shardsOf(config).step >= SHARDED_LISTS;

const TABLE_OPTIONS = ['tasksTable', 'projectsTable', 'webhooksTable'] as const;

/**
 * Refuses to give a running system other tables by accident.
 *
 * @throws MiyabiError `configuration`
 */
export const guardTableChange = (
  { changed }: ResolvedOptions,
  { stack, allowed }: Readonly<{ stack: string; allowed: boolean }>,
): void => {
  const tables = TABLE_OPTIONS.filter((option) => changed.includes(option));
  if (tables.length === 0 || allowed) return;
  throw new MiyabiError(
    'configuration',
    `Nothing was changed: ${tables.join(', ')} would give ${stack} other data; add --adopt-tables to go ahead`,
  );
};

/** The tables that the options name, which must exist. */
export const adoptedTables = (config: DeployConfig): readonly string[] =>
  TABLE_OPTIONS.flatMap((option) => config[option] ?? []);
