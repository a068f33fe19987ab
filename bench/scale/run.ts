// Counts the write units of every partition at 10 million tasks and 5,000 updates a second, and what that costs.
// docs/scale.md keeps the tables. Usage: node --import tsx bench/scale/run.ts
import { simulate } from './simulation.ts';
import { costTable, unitsTable } from './table.ts';

const today = simulate(1);
process.stdout.write(`Today:\n\n${unitsTable(today)}\n\nIn 16 shards:\n\n${unitsTable(simulate(16))}\n\n`);
process.stdout.write(`Cost:\n\n${costTable(today)}\n`);
