import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { PARTITION_UNITS, simulate } from '../../bench/scale/simulation.ts';
import { costTable, unitsTable } from '../../bench/scale/table.ts';
import { DEFAULT_SHARDS, shardedInto, UNSHARDED } from '../../src/adapters/dynamodb/task-shards.ts';
import { suite } from '../support/suite.ts';

const page = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8');

const test = suite('scale');

test(
  'docs/scale.md has the figures of the simulation, and its ceilings follow from them',
  () => {
    const unsharded = simulate(UNSHARDED);
    const sharded = simulate(shardedInto(DEFAULT_SHARDS));
    for (const table of [unitsTable(unsharded), unitsTable(sharded), costTable(sharded)])
      assert.ok(page.includes(table), `node --import tsx bench/scale/run.ts prints\n${table}`);
    const hottest = ({ measured }: ReturnType<typeof simulate>) =>
      Math.max(...measured.map(({ hottestUnits }) => hottestUnits));
    assert.ok(hottest(unsharded) > PARTITION_UNITS, 'without shards a partition is too hot at this load');
    assert.ok(hottest(sharded) < PARTITION_UNITS, `in ${DEFAULT_SHARDS} shards none is`);
  },
  { slow: true },
);

test.run();
