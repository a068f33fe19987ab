import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { cutLine, MAX_SHOWN_LINE, plainLine, shownLine } from '../../../src/domain/logs/line-text.ts';
import { suite } from '../../support/suite.ts';

const test = suite('line text');

test('keeps colours and drops every other escape', () => {
  assert.is(
    shownLine('\u001b[31mred\u001b[0m \u001b[1;38;5;9mbold\u001b[m'),
    '\u001b[31mred\u001b[0m \u001b[1;38;5;9mbold\u001b[m',
  );
  assert.is(shownLine('\u001b[2Ka\u001b[1Gb\u001b[?25lc'), 'abc');
  assert.is(shownLine('\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b'), 'ab');
  assert.is(shownLine('\u001bPq#0\u001b\\a\u001b(Bb\u001bc'), 'ab');
  assert.is(shownLine('a\u001b[31'), 'a');
  assert.is(shownLine('\u009b31mred'), 'red');
});

test('neutralises NUL, C1, bidi controls and halves of surrogate pairs', () => {
  assert.is(shownLine('a\u0000b\u0085c\u007fd\te'), 'abcd\te');
  assert.is(shownLine('user\u202egnp.exe \u2066x\u2069'), 'user\ufffdgnp.exe \ufffdx\ufffd');
  assert.is(shownLine('half \ud83d and 😀'), 'half \ufffd and 😀');
});

/** What a line may still hold: text, tabs, and escapes of colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const SAFE = /^(?:\u001b\[[\d;:]*m|[^\u0000-\u0008\u000a-\u001f\u007f-\u009f])*$/;

test('leaves nothing that drives a terminal, in any text', () => {
  const pieces = fc.constantFrom(
    '\u001b',
    '[',
    '31',
    'm',
    ';',
    ']',
    '\u0007',
    '\u009b',
    '\u0000',
    'x',
    '\u202e',
    '\ud800',
    '\u001b[0m',
    '\u001b\\',
    '\r',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
      const shown = shownLine(parts.join(''));
      assert.ok(SAFE.test(shown), JSON.stringify(shown));
      assert.ok(shown.isWellFormed());
      assert.not.match(shown, /\p{Bidi_Control}/u);
      assert.is(shownLine(shown), shown, 'a second time changes nothing');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this looks for
      assert.not.match(plainLine(shown), /\u001b/);
    }),
  );
});

test('cuts a long line between its characters and escapes', () => {
  const start = 'x'.repeat(MAX_SHOWN_LINE - 3);
  assert.is(cutLine(`${start}\u001b[31mred`), `${start}…`);
  assert.is(cutLine(`${'x'.repeat(MAX_SHOWN_LINE - 1)}😀`), `${'x'.repeat(MAX_SHOWN_LINE - 1)}…`);
  assert.is(cutLine('short'), 'short');
});

test.run();
