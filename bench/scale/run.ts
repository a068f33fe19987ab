// Counts the write units of every partition at 10 million tasks and 5,000 updates a second, and what that costs.
// docs/scale.md keeps the tables. Usage: node --import tsx bench/scale/run.ts
import { DEFAULT_SHARDS, shardedInto, UNSHARDED } from '../../src/adapters/dynamodb/task-shards.ts';
import { simulate } from './simulation.ts';
import { costTable, unitsTable } from './table.ts';

const sharded = simulate(shardedInto(DEFAULT_SHARDS));
process.stdout.write(`In ${DEFAULT_SHARDS} shards:\n\n${unitsTable(sharded)}\n\n`);
process.stdout.write(`Without shards:\n\n${unitsTable(simulate(UNSHARDED))}\n\n`);
process.stdout.write(`Cost:\n\n${costTable(sharded)}\n`);
