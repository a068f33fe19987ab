import { randomOf } from '../lib/statistics.ts';

/**
 * Logs made up to look like real ones: the words of each tool, names and numbers that differ from line to line. The
 * same seed gives the same text.
 */
export type Text = Readonly<{ name: string; kind: 'progress' | 'none'; lines: readonly string[] }>;

export type Dice = Readonly<{
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
  hex(length: number): string;
}>;

export const diceOf = (seed: number): Dice => {
  const random = randomOf(seed);
  const int = (below: number) => Math.floor(random() * below);
  return {
    int,
    pick: (items) => items[int(items.length)] as (typeof items)[number],
    hex: (length) => Array.from({ length }, () => '0123456789abcdef'.charAt(int(16))).join(''),
  };
};

const WORDS =
  'account archive audit batch billing bucket cache catalog checkout client cluster config consumer cursor deploy digest event export feature gateway handler image import index invoice job ledger listener mailer manifest metric module notifier order orders parser payment pipeline policy product queue reader region registry report request resource response router runner scanner schema search server service session shard signal sink source storage stream subscriber table task template tenant token topic upload user vault version webhook worker writer'.split(
    ' ',
  );
const TYPES = [
  'AWS::SQS::Queue',
  'AWS::Lambda::Function',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::S3::Bucket',
  'AWS::DynamoDB::Table',
  'AWS::ApiGateway::RestApi',
  'AWS::Logs::LogGroup',
  'AWS::EC2::SecurityGroup',
  'AWS::CloudFront::Distribution',
];

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const two = (number: number): string => String(number).padStart(2, '0');

/** `8:00:00 PM`, a second later every other row. */
const clockAt = (index: number): string => {
  const second = Math.floor(index / 2) % 86_400;
  const hour = Math.floor(second / 3600);
  return `${hour % 12 === 0 ? 12 : hour % 12}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)} ${hour < 12 ? 'AM' : 'PM'}`;
};

const isoAt = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 37).toISOString();

const pathOf = (dice: Dice): string =>
  Array.from({ length: 2 + dice.int(2) }, () => capital(dice.pick(WORDS))).join('/');

/** Rows of deployments one after another, 40 resources each, two rows a resource. */
export const cdkRow = (dice: Dice, index: number, paint: (state: string, text: string) => string): string => {
  const deployment = Math.floor(index / 80);
  const within = index % 80;
  const stack = `${capital(WORDS[deployment % WORDS.length] as string)}Stack${deployment}`;
  if (within === 0 || within === 79) {
    const state = within === 0 ? 'CREATE_IN_PROGRESS' : 'CREATE_COMPLETE';
    const reason = within === 0 ? ' User Initiated' : '';
    return `${stack} | ${String(within >> 1).padStart(2)}/40 | ${clockAt(index)} | ${paint(state, state.padEnd(20))} | ${'AWS::CloudFormation::Stack'.padEnd(29)} | ${paint(state, stack)}${reason} `;
  }
  const state = within % 2 === 1 ? 'CREATE_IN_PROGRESS' : 'CREATE_COMPLETE';
  const path = pathOf(dice);
  const id = `${path.replaceAll('/', '')}${dice.hex(8).toUpperCase()}`;
  const reason = within % 4 === 3 ? ' Resource creation Initiated' : '';
  return `${stack} | ${String(within >> 1).padStart(2)}/40 | ${clockAt(index)} | ${paint(state, state.padEnd(20))} | ${dice.pick(TYPES).padEnd(29)} | ${paint(state, `${path} (${id})`)}${reason} `;
};

export const plainly = (_state: string, text: string): string => text;

/** As chalk does: the state and the name in green or not at all, and a bold name. */
const inColours = (state: string, text: string): string =>
  state.endsWith('COMPLETE') ? `\u001b[32m${text}\u001b[39m` : `\u001b[1m${text}\u001b[22m`;

type Line = (dice: Dice, index: number) => string;

const moduleOf = (dice: Dice): string =>
  `${dice.pick(WORDS)}-${dice.pick(WORDS)}/${dice.pick(WORDS)}.${dice.pick(['ts', 'js', 'json'])}`;

const LINES: readonly (readonly [name: string, kind: Text['kind'], line: Line])[] = [
  ['CDK rows', 'progress', (dice, index) => cdkRow(dice, index, plainly)],
  ['CDK rows in colours', 'progress', (dice, index) => cdkRow(dice, index, inColours)],
  [
    'CDK rows behind a time stamp',
    'progress',
    (dice, index) => `${isoAt(index).slice(0, -1)}0000Z ${cdkRow(dice, index, plainly)}`,
  ],
  [
    'agent, JSON lines',
    'progress',
    (dice, index) =>
      JSON.stringify({
        timestamp: isoAt(index),
        level: 'info',
        task_id: `task-${Math.floor(index / 100)}`,
        status: 'in_progress',
        phase: dice.pick(['plan', 'implement', 'review']),
        progress: { current: index % 100, total: 100, percentage: index % 100 },
        message: `${capital(dice.pick(WORDS))} ${dice.pick(WORDS)} written`,
      }),
  ],
  [
    'plain N/M',
    'progress',
    (dice, index) =>
      [
        `Processing ${dice.pick(WORDS)} ${dice.pick(WORDS)}: ${index % 1000}/1000`,
        `[${index % 1000}/1000] ${capital(dice.pick(WORDS))} of the ${dice.pick(WORDS)}`,
        `Progress: ${index % 100}%`,
        `${index % 1000} of 1000 files copied`,
      ][index % 4] as string,
  ],
  [
    'terraform',
    'progress',
    (dice, index) => {
      const address = `module.${dice.pick(WORDS)}.aws_${dice.pick(WORDS)}_${dice.pick(WORDS)}.${dice.pick(WORDS)}`;
      return [
        `${address}: Creating...`,
        `${address}: Creation complete after ${1 + dice.int(50)}s [id=${dice.hex(17)}]`,
        `${address}: Still creating... [${1 + dice.int(9)}0s elapsed]`,
        `${address}: Refreshing state... [id=${dice.hex(17)}]`,
      ][index % 4] as string;
    },
  ],
  [
    'pytest -v',
    'progress',
    (dice, index) =>
      `tests/${dice.pick(WORDS)}/test_${dice.pick(WORDS)}.py::test_${dice.pick(WORDS)}_${dice.pick(WORDS)} ${dice.int(50) === 0 ? 'FAILED' : 'PASSED'}${' '.repeat(dice.int(20))} [${String(Math.floor(index / 40) % 100).padStart(3)}%]`,
  ],
  [
    'docker build',
    'progress',
    (dice, index) => {
      const vertex = 5 + (Math.floor(index / 8) % 20);
      const step = index % 8;
      if (step === 0)
        return `#${vertex} [build ${vertex - 4}/20] RUN npm run ${dice.pick(WORDS)}:${dice.pick(WORDS)}`;
      if (step === 7) return `#${vertex} DONE ${dice.int(90)}.${dice.int(10)}s`;
      return `#${vertex} ${dice.int(90)}.${two(dice.int(100))} added ${moduleOf(dice)} in ${dice.int(900)}ms`;
    },
  ],
  [
    'ninja',
    'progress',
    (dice, index) =>
      `[${1 + (index % 2000)}/2000] Building CXX object src/${dice.pick(WORDS)}/CMakeFiles/${dice.pick(WORDS)}.dir/${dice.pick(WORDS)}_${dice.pick(WORDS)}.cpp.o`,
  ],
  [
    'cargo',
    'progress',
    (dice) =>
      `   Compiling ${dice.pick(WORDS)}-${dice.pick(WORDS)} v${dice.int(3)}.${dice.int(40)}.${dice.int(20)}`,
  ],
  [
    'no progress: a build in words',
    'none',
    (dice, index) =>
      [
        `  bundling ${moduleOf(dice)} for ${capital(dice.pick(WORDS))}, written to disk as chunk ${dice.hex(8)}`,
        `dist/assets/${dice.pick(WORDS)}-${dice.hex(8)}.js   ${dice.int(900)}.${two(dice.int(100))} kB`,
        `audited ${dice.int(900)} packages in ${dice.int(60)}s`,
        `${capital(dice.pick(WORDS))} ${dice.pick(WORDS)} finished without ${dice.pick(WORDS)} warnings in src/${moduleOf(dice)}`,
      ][index % 4] as string,
  ],
  [
    'no progress: a service behind a time stamp',
    'none',
    (dice, index) =>
      `${isoAt(index)} ${dice.pick(['INFO ', 'DEBUG', 'WARN '])} [${dice.pick(WORDS)}] ${capital(dice.pick(WORDS))} ${dice.pick(WORDS)} took ${dice.int(900)} ms for user ${dice.hex(12)}, ${dice.int(9)} ${dice.pick(WORDS)}s left in ${dice.pick(WORDS)}`,
  ],
  [
    'no progress: requests, in the common log format',
    'none',
    (dice, index) =>
      `10.${dice.int(256)}.${dice.int(256)}.${dice.int(256)} - - [${two(1 + (index % 28))}/Jan/2026:00:${two(dice.int(60))}:${two(dice.int(60))} +0000] "GET /api/${dice.pick(WORDS)}/${dice.hex(8)} HTTP/1.1" ${dice.pick(['200', '304', '404'])} ${dice.int(90_000)} "-" "curl/8.5.0"`,
  ],
  [
    'no progress: JSON of a logger',
    'none',
    (dice, index) =>
      JSON.stringify({
        level: 30,
        time: Date.UTC(2026, 0, 1) + index * 37,
        pid: 7,
        hostname: 'ip-10-0-0-1',
        req: { method: 'GET', url: `/${dice.pick(WORDS)}/${dice.hex(8)}` },
        responseTime: dice.int(90),
        msg: 'request completed',
      }),
  ],
  [
    'no progress: a stack trace',
    'none',
    (dice) =>
      `    at ${capital(dice.pick(WORDS))}.${dice.pick(WORDS)} (/app/node_modules/@${dice.pick(WORDS)}/${moduleOf(dice)}:${dice.int(900)}:${dice.int(90)})`,
  ],
];

/** A line of a log in which something else is written than progress, of one kind or another. */
export const otherLine = (dice: Dice, index: number): string => {
  const [, , line] = OTHERS[index % OTHERS.length] as (typeof LINES)[number];
  return line(dice, index);
};

const OTHERS = LINES.filter(([, kind]) => kind === 'none');

/** One text of so many lines for each kind of log. */
export const texts = (count: number, seed = 1): readonly Text[] =>
  LINES.map(([name, kind, line]) => {
    const dice = diceOf(seed);
    return { name, kind, lines: Array.from({ length: count }, (_, index) => line(dice, index)) };
  });
