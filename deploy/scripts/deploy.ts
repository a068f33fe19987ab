import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MiyabiError } from '../../src/domain/errors.ts';
import { ROOT } from '../build/bundle.ts';
import { reservationFor } from '../concurrency.ts';
import { CACHE_CHOICES, stackNameOf, tableNamesOf } from '../config.ts';
import {
  adoptedTables,
  guardCacheChange,
  guardShardChange,
  guardTableChange,
  movesListsToShards,
  type OptionTexts,
  resolveOptions,
} from '../options.ts';
import { apiKeysVersion, ensureApiKeys } from './keys.ts';
import { preflight, requireBootstrap, requireTables, unreservedConcurrency } from './preflight.ts';
import {
  agreed,
  answerTo,
  BUILD_OPTIONS,
  build,
  CDK_ENV,
  CDK_OUT,
  cdk,
  program,
  requireTerminal,
  runProgram,
  say,
  sayOptions,
  stackArgs,
} from './program.ts';
import { smoke } from './smoke-checks.ts';
import { deployedStack, setTerminationProtection } from './stacks.ts';
import { firstShards, requireBackfill } from './task-table.ts';

const OUTPUTS = `${CDK_OUT}/outputs.json`;

/** Deploys a system from the sources: checks, builds, shows the changes, asks, deploys, and tests it. */
program('deploy', async (args) => {
  const {
    config: known,
    given,
    file,
    flags,
    values,
  } = stackArgs(args, {
    flags: ['yes', 'change-cache', 'adopt-tables', 'now'],
    values: [...BUILD_OPTIONS, 'key-file'],
  });
  const stack = stackNameOf(known.name);
  const isAsking = flags['yes'] !== true;
  if (isAsking) requireTerminal('deployed');
  const target = await preflight();
  const { account, region, client } = target;
  const { state, isFirst, stored } = await deployedStack(client, stack, { file, given });
  const mayAsk = isFirst && isAsking && file === undefined && given['cache'] === undefined;
  const answers = mayAsk ? await askedOptions() : {};
  const reserved =
    isFirst && file === undefined && given['collectorConcurrency'] === undefined
      ? reservationFor(await unreservedConcurrency(client))
      : undefined;
  if (reserved?.warning !== undefined) say(reserved.warning);
  const shards = isFirst ? await firstShards(client, { given, file }) : {};
  const resolved = resolveOptions({
    given: { ...reserved?.options, ...shards, ...answers, ...given },
    file,
    stored,
  });
  await requireBootstrap(target, resolved.config.qualifier);
  guardCacheChange(resolved, { stack, allowed: flags['change-cache'] === true });
  guardTableChange(resolved, { stack, allowed: flags['adopt-tables'] === true });
  guardShardChange(resolved, { stack, stored });
  await requireTables(target, adoptedTables(resolved.config));
  const { config } = resolved;
  if (movesListsToShards(resolved, stored)) {
    await requireBackfill(client, { table: tableNamesOf(config).tasks, count: config.shards });
  }
  say(`${stack} into account ${account}, Region ${region}, cache ${config.cache}.`);
  sayOptions(resolved);
  await build(values);
  const env = { ...CDK_ENV, AWS_REGION: region };
  if (isFirst && state !== undefined) {
    say(`${stack} is ${state.status} after a failed first deployment: it is deleted and created again.`);
    // A protected stack could be neither replaced nor deleted.
    await setTerminationProtection(client, stack, false);
  }
  const options = { ...resolved.options, protect: String(!isFirst), now: String(flags['now'] === true) };
  const before = { ...options, apiKeysVersion: String(await apiKeysVersion(client, config.name)) };
  await runProgram(cdk(before, ['diff', '--no-notices']), { what: 'cdk diff', env });
  if (isAsking && !(await agreed(`Deploy this to account ${account}?`))) {
    say('Nothing was changed.');
    return;
  }
  const { version, key } = await ensureApiKeys(client, config.name, values['key-file']);
  const after = { ...options, apiKeysVersion: String(version) };
  const isShown = after.apiKeysVersion === before.apiKeysVersion;
  const deploy = cdk(isShown ? {} : after, [
    ...['deploy', '--no-notices', '--require-approval', 'never', '--progress', 'events'],
    // Adopts tables and log groups that an earlier stack of this name left, with their data.
    ...['--import-existing-resources', '--outputs-file', OUTPUTS],
    // Deploys the assembly whose diff was shown, unless the API keys have changed since.
    ...(isShown ? ['--app', CDK_OUT] : []),
  ]);
  const miyabi = [
    process.execPath,
    join(ROOT, 'dist/entrypoints/cli.js'),
    'run',
    '--name',
    `deploy ${stack}`,
    '--',
  ];
  await runProgram([...miyabi, ...deploy], { what: 'cdk deploy', env });
  if (isFirst) await setTerminationProtection(client, stack, true);

  // The CDK CLI wrote it: outputs by stack.
  const outputs = JSON.parse(await readFile(join(ROOT, OUTPUTS), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const { ApiUrl, DashboardUrl } = outputs[stack] ?? {};
  if (ApiUrl === undefined) throw new MiyabiError('configuration', `${OUTPUTS} names no ApiUrl of ${stack}`);
  say(`API ${ApiUrl}`);
  if (DashboardUrl !== undefined) say(`Dashboard ${DashboardUrl}`);
  await smoke({ url: ApiUrl, key: key ?? process.env['MIYABI_API_KEY'], token: process.env['MIYABI_TOKEN'] });
});

/** The two choices that cost money or attention, for a first deployment that names none. */
const askedOptions = async (): Promise<OptionTexts> => {
  const cache = await answerTo(`Cache (${CACHE_CHOICES.join(', ')}; see docs/cost.md) [node] `);
  const alarmEmail = await answerTo('E-mail address for alarms, empty for none: ');
  return { cache, alarmEmail };
};
