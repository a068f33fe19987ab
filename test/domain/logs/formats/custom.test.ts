import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { loadPatterns } from '../../../../src/adapters/re2/pattern.ts';
import { MiyabiError } from '../../../../src/domain/errors.ts';
import type { Json } from '../../../../src/domain/json.ts';
import { customFormat, customFormats } from '../../../../src/domain/logs/formats/custom.ts';
import { builtInFormats, formatsWith } from '../../../../src/domain/logs/formats/registry.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('own formats');
const compile = await loadPatterns();
const own = (rest: Record<string, Json>) => customFormat({ name: 'own', ...rest }, compile);

test('counts by the groups current and total, and completes with a full counter', () => {
  const format = own({ pattern: '^did (?<current>\\d+) of (?<total>\\d+)', task_type: 'import' });
  assert.equal(inShort(format, 'did 3 of 10'), ['own#1 running 3/10']);
  assert.equal(inShort(format, 'did 3 of 10\ndid 10 of 10\ndid 10 of 10\ndid 1 of 5'), [
    'own#1 completed 10/10',
    'own#2 running 1/5',
  ]);
  assert.is(play(format, 'did 3 of 10')[0]?.task_type, 'import');
});

test('reads percent, phase and step', () => {
  const format = own({ pattern: '^(?<phase>\\w+) (?<percent>[\\d.]+)% (?<step>.*)$' });
  const [run] = play(format, 'load 45.9% users');
  assert.equal([run?.current, run?.total], [45, 100]);
  assert.equal(run?.details, { phase: 'load', current_step: 'users' });
  assert.equal(inShort(format, 'load 145% users'), ['own#1 running -/-']);
});

test('reads statuses by its own words first, and then only they end a task', () => {
  const format = own({
    pattern: ['^(?<current>\\d+)/(?<total>\\d+)$', '^state=(?<status>\\w+)'],
    status_map: { Kaputt: 'failed', fertig: 'completed' },
  });
  assert.equal(inShort(format, '3/3'), ['own#1 running 3/3']);
  assert.equal(inShort(format, '3/3\nstate=FERTIG'), ['own#1 completed 3/3']);
  assert.equal(inShort(format, '2/3\nstate=kaputt\n3/3'), ['own#1 failed 2/3']);
  assert.equal(inShort(format, 'state=queued'), ['own#1 pending -/-']);
  assert.equal(inShort(format, 'state=purple'), ['own#1 running -/-']);
});

test('keeps the tasks apart that its lines name', () => {
  const format = own({ pattern: '^\\[(?<task>[^\\]]+)\\] (?<percent>\\d+)%' });
  assert.equal(inShort(format, '[a b] 10%\n[__proto__] 20%\n[a b] 30%'), [
    'a b#1 running 30/100',
    '__proto__#1 running 20/100',
  ]);
  assert.is(play(format, '[a b] 10%')[0]?.task_name, 'a b');
});

test('takes numbers with separators, and none that is no number or too large', () => {
  const format = own({ pattern: '(?<current>\\S+) / (?<total>\\S+)' });
  assert.equal(inShort(format, '1,234 / 5_678'), ['own#1 running 1234/5678']);
  assert.equal(inShort(format, 'x / -5'), ['own#1 running -/-']);
  assert.equal(inShort(format, '9999999999999 / 1e9'), ['own#1 running -/-']);
});

const REFUSED: readonly (readonly [string, Json, RegExp])[] = [
  ['no object', 5, /must be an object/],
  ['no name', { pattern: 'x' }, /needs a `name`/],
  ['a name with blanks', { name: 'My Format', pattern: 'x' }, /needs a `name`/],
  ['no pattern', { name: 'own' }, /"own" needs a `pattern`/],
  ['an unknown key', { name: 'own', pattern: '(?<current>1)', patern: '' }, /unknown key `patern`/],
  ['an unknown group', { name: 'own', pattern: '(?<currant>1)' }, /"own" has a group named `currant`/],
  ['no group', { name: 'own', pattern: 'abc' }, /needs a group named/],
  ['a total alone', { name: 'own', pattern: '(?<total>1)(?<phase>a)' }, /`total` without/],
  ['broken syntax', { name: 'own', pattern: '(?<current>' }, /"own" has a pattern that is refused: /],
  ['a look-ahead', { name: 'own', pattern: '(?=x)(?<current>1)' }, /refused: .*linear time/],
  ['a look-behind', { name: 'own', pattern: '(?<!x)(?<current>1)' }, /refused: .*linear time/],
  ['a back-reference', { name: 'own', pattern: '(?<current>1)\\1' }, /refused: .*linear time/],
  ['a huge program', { name: 'own', pattern: '(?<current>((a{30}){30}){30})' }, /refused: /],
  ['a long pattern', { name: 'own', pattern: 'x'.repeat(1001) }, /1 to 1000 characters/],
  ['a task type with blanks', { name: 'own', pattern: '(?<current>1)', task_type: 'a b' }, /`task_type`/],
  [
    'a strange status',
    { name: 'own', pattern: '(?<status>1)', status_map: { ok: 'fine' } },
    /maps "ok" to no status/,
  ],
];
for (const [title, configuration, reason] of REFUSED) {
  test(`refuses ${title} and says why`, () => {
    try {
      customFormat(configuration, compile);
    } catch (error) {
      assert.instance(error, MiyabiError);
      assert.is((error as MiyabiError).code, 'configuration');
      assert.match((error as MiyabiError).message, reason);
      return;
    }
    assert.unreachable();
  });
}

test('reads a list, alone or as `formats`, and refuses a name twice', () => {
  const entry = { name: 'own', pattern: '(?<percent>\\d+)%' };
  assert.is(customFormats([entry], compile).length, 1);
  assert.is(customFormats({ formats: [entry] }, compile).length, 1);
  assert.throws(() => customFormats([entry, entry], compile), /"own" is defined twice/);
  assert.throws(() => customFormats('x', compile), /must be a list/);
  assert.throws(() => customFormats([entry, 3], compile), /own log format 2 must be an object/);
});

test('the example of docs/log-formats.md does what it says', () => {
  const docs = readFileSync(new URL('../../../../docs/log-formats.md', import.meta.url), 'utf8');
  const [example = ''] = /(?<=```json\n)\[[^`]*/.exec(docs) ?? [];
  const [format] = customFormats(JSON.parse(example), compile);
  assert.ok(format);
  assert.equal(inShort(format, 'table users: 1,000/2,000 rows\ntable users: kaputt\ntable posts: 5/9 rows'), [
    'users#1 failed 1000/2000',
    'posts#1 running 5/9',
  ]);
});

test('own formats come before the built-in ones and may not take their names', () => {
  const format = own({ pattern: '(?<percent>\\d+)%' });
  assert.equal(formatsWith([format]).length, builtInFormats.length + 1);
  assert.is(formatsWith([format])[0], format);
  assert.throws(
    () => formatsWith([customFormat({ name: 'cdk', pattern: '(?<percent>\\d+)' }, compile)]),
    /name of a built-in format/,
  );
});

test.run();
