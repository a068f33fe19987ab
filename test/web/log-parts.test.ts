import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { marked, matchesIn } from '../../web/src/log/find.ts';
import { lookOf } from '../../web/src/log/look.ts';
import { MOST_SPANS, plainText, spansOf } from '../../web/src/log/sgr.ts';
import {
  type LogLine,
  type LogPage,
  MOST_ROWS,
  windowAt,
  windowOf,
  withNewer,
  withOlder,
} from '../../web/src/log/window.ts';
import { anyCharacter } from '../support/any-character.ts';
import { repeats, suite } from '../support/suite.ts';

const test = suite('dashboard: lines of a log');

const ESC = '\u001b';
/** Pieces as `text{style}`. */
const pieces = (line: string): readonly string[] =>
  spansOf(line).map(({ text, style }) => {
    const words = Object.entries(style).map(([name, value]) => (value === true ? name : `${name}=${value}`));
    return words.length === 0 ? text : `${text}{${words.join(' ')}}`;
  });

test('a line is cut where its style changes, and begins plain', () => {
  assert.equal(pieces('plain'), ['plain']);
  assert.equal(pieces(''), []);
  assert.equal(pieces(`${ESC}[1;31merror${ESC}[0m: ${ESC}[3mno${ESC}[23m water`), [
    'error{bold fg=1}',
    ': ',
    'no{italic}',
    ' water',
  ]);
  assert.equal(pieces(`${ESC}[1;2;4;7;9mall${ESC}[22;24;27;29mnone`), [
    'all{bold dim underline inverse strike}',
    'none',
  ]);
  assert.equal(pieces(`a${ESC}[mb`), ['ab'], 'what changes nothing cuts nothing');
});

test('colours are one of 16, one of 256 or exact, with semicolons or colons', () => {
  for (const [codes, expected] of [
    ['32', 'fg=2'],
    ['97', 'fg=15'],
    ['44', 'bg=4'],
    ['103', 'bg=11'],
    ['38;5;9', 'fg=9'],
    ['38;5;196', 'fg=#ff0000'],
    ['48;5;244', 'bg=#808080'],
    ['38;2;1;22;255', 'fg=#0116ff'],
    ['38:2:1:22:255', 'fg=#0116ff'],
    ['38:2::1:22:255', 'fg=#0116ff'],
    ['38:5:21;1', 'fg=#0000ff bold'],
    ['38;5;21;1', 'fg=#0000ff bold'],
    ['58;2;1;2;3;4:3', 'underline'],
  ] as const)
    assert.equal(pieces(`${ESC}[${codes}mx`), [`x{${expected}}`], codes);
  assert.equal(pieces(`${ESC}[31;42mx${ESC}[39my${ESC}[49mz`), ['x{fg=1 bg=2}', 'y{bg=2}', 'z']);
});

test('damaged colours change nothing', () => {
  for (const codes of [
    '38',
    '38;5',
    '38;5;256',
    '38;2;1;2',
    '38;2;1;2;900',
    '38;9',
    '38:2:1',
    '999',
    '1e1',
    '-1',
  ])
    assert.not(
      spansOf(`${ESC}[${codes}mx`).some(({ style }) => style.fg !== undefined),
      codes,
    );
});

test('everything else that drives a terminal is left out, and no text with it', () => {
  const terminator = '\u0007';
  for (const [line, text] of [
    [`a${ESC}[2K${ESC}[1Gb`, 'ab'],
    [`a${ESC}[?25lb`, 'ab'],
    [`a${ESC}[>4;2mb`, 'ab'],
    [`${ESC}]0;title${terminator}b`, 'b'],
    [`${ESC}]8;;https://evil.example${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    [`${ESC}]0;never ended`, '0;never ended'],
    [`${ESC}(Bx${ESC}Mx${ESC}`, 'xx'],
    ['a\u009b31mb\u0090q\u009cc', 'abc'],
    ['a\u0000\bb\u007f\tc\r', 'ab\tc'],
  ] as const) {
    assert.is(plainText(line), text);
    assert.is(
      pieces(line)
        .join('')
        .replace(/\{[^}]*\}/g, ''),
      text,
    );
  }
});

test('markup is text', () => {
  const hostile = `<img src=x onerror=alert(1)>${ESC}[31m</span><script>alert(1)</script>&lt;`;
  assert.equal(
    spansOf(hostile).map(({ text }) => text),
    ['<img src=x onerror=alert(1)>', '</span><script>alert(1)</script>&lt;'],
  );
});

test('no line makes more than so many pieces, keeps all its text, and takes time in proportion to its length', () => {
  const rainbow = Array.from({ length: 20_000 }, (_, index) => `${ESC}[3${index % 8}mx`).join('');
  assert.is(spansOf(rainbow).length, MOST_SPANS);
  assert.is(
    spansOf(rainbow)
      .map(({ text }) => text)
      .join('').length,
    20_000,
  );
  // Each of these would take minutes if a failed match were tried again for every character.
  for (const piece of [`${ESC}]`, '\u009d', `${ESC}[`, `${ESC}[1;`, `${ESC}P`, '\u009b0', `${ESC}(`])
    spansOf(piece.repeat(200_000));
});

test('whatever a line holds, its pieces are its plain text, without control characters but tabs', () => {
  const part = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.constantFrom(
      ESC,
      `${ESC}[`,
      `${ESC}]`,
      ';',
      ':',
      'm',
      '38;5;',
      '38;2;',
      '1',
      '[0m',
      '\u009b',
      '\u0007',
      '\t',
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const line = parts.join('');
      const spans = spansOf(line);
      const text = spans.map((span) => span.text).join('');
      assert.is(text, plainText(line));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be left
      assert.not.match(text, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      for (const { style } of spans) assert.match(JSON.stringify(lookOf(style)), /^[ -~]*$/);
      for (const { fg, bg } of spans.map(({ style }) => style))
        for (const colour of [fg, bg])
          assert.ok(typeof colour === 'number' ? colour < 16 : /^(#[\da-f]{6})?$/.test(colour ?? ''));
    }),
    { numRuns: repeats({ few: 40, all: 500 }) },
  );
});

test('text on a background is black or white, whichever is readable', () => {
  const colourOn = (bg: string | number) => lookOf({ fg: 1, bg }).colours?.['color'];
  assert.equal(['#ffffff', '#000000', '#ffff00', '#0000ee', 1].map(colourOn), [
    ...['#000000', '#ffffff', '#000000', '#ffffff', '#ffffff'],
  ]);
  assert.equal(lookOf({ fg: 3, inverse: true }).colours, { background: '#cdcd00', color: '#000000' });
  assert.is(lookOf({ inverse: true, bold: true }).classes, 'sgr-bold sgr-inverse');
});

const line = (at: number, text = `line ${at}`): LogLine => ({
  cursor: `c${at}`,
  timestamp: new Date(at * 1_000).toISOString(),
  text,
});
const page = (from: number, to: number, more: Partial<LogPage> = {}): LogPage => ({
  lines: Array.from({ length: to - from }, (_, index) => line(from + index)),
  before: `c${from}`,
  after: `c${to - 1}`,
  ...more,
});
const keysOf = (rows: readonly Readonly<{ key: string }>[]) => rows.map(({ key }) => key).join(' ');

test('a window grows at both ends and holds a line once where pages overlap', () => {
  const start = windowOf(page(10, 12), true);
  const wider = withNewer(withOlder(start, page(7, 10)), page(12, 14));
  assert.is(keysOf(wider.rows), 'c7 c8 c9 c10 c11 c12 c13');
  assert.equal([wider.before, wider.after], ['c7', 'c13']);
  const overlapping = withNewer(withOlder(start, page(8, 11)), page(11, 13));
  assert.is(keysOf(overlapping.rows), 'c8 c9 c10 c11 c12');
  const quiet = withNewer(start, { lines: [], before: null, after: 'c11' });
  assert.is(quiet.rows, start.rows, 'nothing new draws nothing');
  const inside = windowOf(page(10, 12), false);
  assert.is(withNewer(inside, page(12, 14)).isAtEnd, false);
  assert.is(
    withNewer(inside, { lines: [], before: null, after: 'c11' }).isAtEnd,
    true,
    'it leads on no further',
  );
  assert.is(withOlder(start, page(0, 10, { before: null })).before, null);
  assert.is(keysOf(withOlder(windowAt(line(5)), page(3, 5)).rows), 'c3 c4 c5');
});

test('a place where lines are no longer kept is a row of its own, once', () => {
  const omitted = [{ after: 'c4', lines: 900 }];
  const start = windowOf(page(5, 7), true);
  const rows = withOlder(start, page(3, 5, { omitted })).rows;
  assert.is(keysOf(rows), 'c3 c4 c4 omitted c5 c6');
  const again = withNewer(windowOf(page(3, 5, { omitted }), false), page(4, 7, { omitted }));
  assert.is(keysOf(again.rows), 'c3 c4 c4 omitted c5 c6');
});

test('a full window gives up its other end, and knows where to read on there', () => {
  const full = windowOf(page(0, MOST_ROWS), true);
  const newer = withNewer(full, page(MOST_ROWS, MOST_ROWS + 5));
  assert.equal([newer.rows.length, newer.before, newer.rows[0]?.key], [MOST_ROWS, 'c5', 'c5']);
  const older = withOlder(newer, page(0, 5, { before: null }));
  assert.equal([older.rows.length, older.before, older.isAtEnd], [MOST_ROWS, null, false]);
  assert.is(older.after, `c${MOST_ROWS - 1}`);
});

test('finds lines by their text, regardless of case and colours', () => {
  const { rows } = windowOf(
    { ...page(0, 0), lines: [line(0, `${ESC}[31mEr${ESC}[0mror`), line(1, 'fine'), line(2, 'no errors')] },
    true,
  );
  assert.equal(matchesIn(rows, 'error'), [0, 2]);
  assert.equal(matchesIn(rows, '[31m'), []);
  assert.equal(matchesIn(rows, ''), []);
});

test('marks what is found, across colours, and loses no text', () => {
  const shown = (text: string, find: string) =>
    marked(spansOf(text), find)
      .map((piece) => (piece.marked ? `<${piece.text}>` : piece.text))
      .join('|');
  assert.is(shown(`a ${ESC}[31mEr${ESC}[0mror, error`, 'error'), 'a |<Er>|<ror>|, |<error>');
  assert.is(shown('aaa', 'aa'), '<aa>|a');
  assert.is(shown('none here', 'xyz'), 'none here');
  assert.is(shown('İx İx', 'x'), 'İx İx', 'a letter whose lower case is longer moves no mark');
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', `${ESC}[31m`, `${ESC}[0m`, 'ab')),
      fc.constantFrom('a', 'ab', 'ba'),
      (parts, find) => {
        const text = parts.join('');
        assert.is(
          marked(spansOf(text), find)
            .map((piece) => piece.text)
            .join(''),
          plainText(text),
        );
      },
    ),
  );
});

test.run();
