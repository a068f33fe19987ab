import { SHARDED_LISTS } from '../../src/adapters/dynamodb/task-shards.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { MiyabiError } from '../../src/domain/errors.ts';
import { shardsOf, stackNameOf, tableNamesOf } from '../config.ts';
import { resolveOptions } from '../options.ts';
import { backfillShards } from '../shard-backfill.ts';
import { preflight } from './preflight.ts';
import { agreed, program, requireTerminal, say, stackArgs } from './program.ts';
import { deployedStack } from './stacks.ts';
import { taskTable } from './task-table.ts';

const DEFAULT_PER_SECOND = 200;
const SAY_EVERY = 10_000;

/** Gives the tasks of an unsharded table their keys in the sharded indexes: `npm run shards`. */
program('shards', async (args) => {
  const {
    config: known,
    given,
    file,
    flags,
    values,
  } = stackArgs(args, {
    flags: ['yes'],
    values: ['per-second'],
  });
  const perSecond = Number(values['per-second'] ?? DEFAULT_PER_SECOND);
  if (!Number.isInteger(perSecond) || perSecond < 1) {
    throw new MiyabiError('configuration', '--per-second must be a whole number from 1');
  }
  const isAsking = flags['yes'] !== true;
  if (isAsking) requireTerminal('begun');
  const { account, region, client } = await preflight();
  const stack = stackNameOf(known.name);
  const { stored, isFirst } = await deployedStack(client, stack, { file, given });
  if (isFirst) throw new MiyabiError('configuration', `There is no stack ${stack}: deploy it first`);
  const { config } = resolveOptions({ given: { ...stored, name: known.name } });
  const { count, step } = shardsOf(config);
  if (step < SHARDED_LISTS - 1) {
    throw new MiyabiError(
      'configuration',
      `The tasks table of ${stack} is at shard step ${step}: deploy it up to shardStep ${SHARDED_LISTS - 1} first, see docs/scale.md`,
    );
  }
  const { tasks } = tableNamesOf(config);
  if (step > SHARDED_LISTS) {
    throw new MiyabiError('configuration', `Lists of ${stack} come from its shards: nothing is left to do`);
  }
  say(`Account ${account}, Region ${region}: tasks of ${tasks} get their keys in ${count} shards.`);
  if (isAsking && !(await agreed(`Write to ${tasks}, up to ${perSecond} tasks a second?`))) {
    say('Nothing was changed.');
    return;
  }
  const table = taskTable(client, tasks);
  let said = 0;
  const { seen, filled } = await backfillShards({
    client: table.client,
    tableName: tasks,
    count,
    clock: systemClock(),
    checkpoints: table.checkpoints,
    perSecond,
    onProgress: (counts) => {
      if (counts.seen < said + SAY_EVERY) return;
      said = counts.seen;
      say(`${counts.seen} tasks looked at, ${counts.filled} written`);
    },
  });
  say(
    `Done: ${seen} tasks looked at, ${filled} written. Go on with npm run deploy -- -c shardStep=${SHARDED_LISTS}.`,
  );
});
