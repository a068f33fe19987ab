import { MiyabiError } from '../../src/domain/errors.ts';
import { FIRST_DESIGN, type Traffic, times } from '../cost/model.ts';
import { costTable } from '../cost/table.ts';
import { parse, program, say } from './program.ts';

/** What a month costs, for every cache: at the first design's traffic and a hundred times that, or at one's own. */
program('cost', async (args) => {
  const given = parse(args, {
    requests: { type: 'string' },
    'request-ms': { type: 'string' },
    'logs-gb': { type: 'string' },
  });
  const own = {
    requestsMillion: amount('requests', given['requests'], FIRST_DESIGN.requestsMillion * 1e6) / 1e6,
    requestMs: amount('request-ms', given['request-ms'], FIRST_DESIGN.requestMs),
    logsGb: amount('logs-gb', given['logs-gb'], FIRST_DESIGN.logsGb),
  };
  const cases: readonly Traffic[] =
    Object.keys(given).length > 0 ? [own] : [1, 100].map((factor) => times(factor, FIRST_DESIGN));
  for (const traffic of cases) {
    const { requestsMillion, requestMs, logsGb } = traffic;
    say(`${requestsMillion} M requests of ${requestMs} ms, ${logsGb} GB of logs:\n`);
    say(`${costTable(traffic)}\n`);
  }
  say('Prices, assumptions and what they mean: docs/cost.md');
});

function amount(option: string, value: unknown, usual: number): number {
  if (value === undefined) return usual;
  const parsed = Number(value);
  if (value === '' || !Number.isFinite(parsed) || parsed < 0) {
    throw new MiyabiError('configuration', `--${option} must be a number of 0 or more, as 1e6; not ${value}`);
  }
  return parsed;
}
