import { HOURS, PRICES } from '../../deploy/cost/prices.ts';
import { LOAD, PARTITION_UNITS, type Simulated } from './simulation.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The write units of every index, as Markdown; above 100 % of a partition DynamoDB throttles. */
export const unitsTable = ({ measured }: Simulated): string =>
  [
    '| | units/s | partition keys | hottest key | its units/s | of a partition |',
    '|---|---:|---:|---|---:|---:|',
    ...measured.map(
      ({ index, units, keys, hottest, hottestUnits }) =>
        `| ${index} | ${whole(units)} | ${whole(keys)} | ${hottest} | ${whole(hottestUnits)} | ${whole((100 * hottestUnits) / PARTITION_UNITS)} % |`,
    ),
  ].join('\n');

/** Write capacity that is paid by the hour, us-east-1. */
const PROVISIONED_UNIT_HOUR = 0.00065;

/** What a month of the load costs, as Markdown. */
export const costTable = ({ unitsPerUpdate, taskBytes, indexBytes, pointBytes }: Simulated): string => {
  const updatesMillion = (LOAD.updatesPerSecond * HOURS * 3600) / 1e6;
  const units = LOAD.updatesPerSecond * unitsPerUpdate;
  const points = LOAD.updatesPerSecond * 3600 * 24 * LOAD.keptDays;
  // Each item and each entry of an index takes 100 bytes more.
  const gigabytes = (LOAD.storedTasks * (taskBytes + indexBytes + 400) + points * (pointBytes + 100)) / 1e9;
  const row = (what: string, dollars: number, how: string) => `| ${what} | ${whole(dollars)} | ${how} |`;
  return [
    '| | $ a month | |',
    '|---|---:|---|',
    row(
      'table, on demand',
      updatesMillion * unitsPerUpdate * PRICES.dynamodbWriteMillion,
      `${unitsPerUpdate} units an update`,
    ),
    row(
      'table, provisioned instead',
      units * PROVISIONED_UNIT_HOUR * HOURS,
      `${whole(units)} units all day, without reserve`,
    ),
    row(
      'storage',
      gigabytes * PRICES.dynamodbGb,
      `${whole(gigabytes)} GB, nearly all of it points of the history`,
    ),
    row('gateway', updatesMillion * PRICES.httpApiMillion, `${whole(updatesMillion)} million requests`),
    row(
      'Lambda',
      updatesMillion * (PRICES.lambdaMillion + 1e6 * 0.02 * 0.25 * PRICES.lambdaGbSecond),
      '20 ms each, 256 MB',
    ),
  ].join('\n');
};
