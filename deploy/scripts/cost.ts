import { FIRST_DESIGN, times } from '../cost/model.ts';
import { costTable } from '../cost/table.ts';
import { parse, program, say } from './program.ts';

/** The monthly cost for every cache, at the first design's traffic and at a hundred times that. */
program('cost', async (args) => {
  parse(args, {});
  for (const factor of [1, 100]) {
    const { requestsMillion, requestMs, logsGb } = times(factor, FIRST_DESIGN);
    say(`${requestsMillion} M requests of ${requestMs} ms, ${logsGb} GB of logs:\n`);
    say(`${costTable(factor)}\n`);
  }
  say('Prices, assumptions and what they mean: docs/cost.md');
});
