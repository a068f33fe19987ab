import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogFormat } from '../../../src/domain/logs/format.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { readEvents } from '../../../src/domain/logs/signals.ts';
import { anyLine } from './any-line.ts';
import { SAMPLES } from './samples.ts';

/** The same formats without the promise that their lines have signs, so that every line is offered to each. */
const OFFERED_ALL: readonly LogFormat[] = builtInFormats.map(({ hasSigns: _promise, ...format }) => format);

const eventsOf = (messages: readonly string[]) =>
  messages.map((message, index) => ({ id: `e${index}`, timestamp: index, message }));

const checkSame = (messages: readonly string[]) => {
  const events = eventsOf(messages);
  assert.equal(readEvents(events, builtInFormats), readEvents(events, OFFERED_ALL));
};

const FIXTURES = new URL('../../fixtures/cdk/', import.meta.url);
const GUARDS = new URL('./guards/', import.meta.url);
const filesIn = (folder: URL, ending: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));

const TEXTS = [
  ...filesIn(FIXTURES, '.log'),
  ...filesIn(GUARDS, '.txt'),
  SAMPLES.flatMap(({ lines }) => lines).join('\n'),
];

/** What loggers, containers and terminals put before a line, and behind it. */
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ['', '\r'],
  ['  \t', '  '],
  ['\u001b[1m', '\u001b[0m'],
  ['[1m', '[0m'],
  ['2026-01-01T00:00:00.0000000Z ', ''],
  ['2026/01/01 00:00:00 ', ''],
  ['deploy-1  | ', ''],
  ['deploy-1 | ', ''],
  ['INFO: ', ''],
  ['[INFO] [12:34:56] ', ''],
  ['2026-01-01 00:00:00,123 - app.deploy - INFO - ', ''],
  ['2026-01-01 00:00:00,123 ERROR ', ''],
  ['Jan  1 00:00:00 host cdk[123]: ', ''],
  ['@org/infra:deploy: ', ''],
  ['infra:deploy:prod: ', ''],
  ['deploy\tRun cdk deploy\t2026-01-01T00:00:00.0000000Z ', ''],
  ['2026-01-01T00:00:00.0000000Z ##[group]', ''],
  ['::notice file=app.ts,line=1::', ''],
  ['\ufeff', ''],
];

const test = suite('signs');

test('whatever a built-in format reads has a sign, in every log that the tests know and behind every prefix', () => {
  for (const text of TEXTS) {
    checkSame([text]);
    const lines = text.split('\n');
    checkSame(lines);
    for (const [before, after] of AROUND) checkSame(lines.map((line) => before + line + after));
    checkSame(lines.map((log) => JSON.stringify({ log: `${log}\n`, stream: 'stdout' })));
  }
});

test('whatever a built-in format reads has a sign, in random and mutated lines', () => {
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 40 }),
      fc.constantFrom(...AROUND),
      (lines, [before, after]) => {
        checkSame(lines);
        checkSame(lines.map((line) => before + line + after));
      },
    ),
    { numRuns: Number(process.env['FUZZ_LINES'] ?? 20_000) / 40 },
  );
});

test('lines without signs are still offered to a format that promises none', () => {
  const own: LogFormat = {
    name: 'own',
    read: (line) => (line === 'half of it' ? 'half' : undefined),
    initial: null,
    evolve: (state) => ({ state, touched: [] }),
    observe: () => undefined,
    settle: (state) => state,
  };
  const { ofStream } = readEvents(eventsOf(['half of it', 'all', 'half of it\nhalf of it']), [
    own,
    ...builtInFormats,
  ]);
  assert.equal(
    ofStream.map(({ id, line, format }) => `${id} ${line} ${format}`),
    ['e0 0 own', 'e2 0 own', 'e2 1 own'],
  );
});

test('lines are counted and placed in their events, however these end', () => {
  const row = 'Processing 3/10';
  const messages = [
    row,
    `${row}\n`,
    '',
    '\n',
    `a\r\n${row}\r${row}\r`,
    `b\n\n${row}`,
    'x'.repeat(70_000),
    row,
  ];
  const reading = readEvents(eventsOf(messages), builtInFormats);
  assert.is(reading.lines, 1 + 2 + 1 + 2 + 4 + 3 + 1 + 1);
  assert.is(reading.oversized, 1);
  assert.equal(
    reading.ofStream.map(({ id, line }) => `${id} ${line}`),
    ['e0 0', 'e1 0', 'e4 1', 'e4 2', 'e5 2', 'e7 0'],
  );
});

test.run();
