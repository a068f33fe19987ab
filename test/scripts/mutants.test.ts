import * as assert from 'uvu/assert';
import { mutantsOf } from '../../scripts/mutants.ts';
import { suite } from '../support/suite.ts';

const test = suite('Mutants');

const changed = (source: string): readonly string[] =>
  mutantsOf(source).map(({ start, end, text }) => source.slice(0, start) + text + source.slice(end));

test('turn operators, hold and drop conditions, move numbers and leave statements out', () => {
  assert.equal(changed('x = a === b && c'), [';', 'x = a === b || c', 'x = a !== b && c']);
  assert.equal(changed('const f = () => (a ? 1 : !b);'), [
    'const f = () => (true ? 1 : !b);',
    'const f = () => (false ? 1 : !b);',
    'const f = () => (a ? 2 : !b);',
    'const f = () => (a ? 1 : b);',
  ]);
  assert.equal(changed('if (a) f(b ?? c);'), [
    'if (true) f(b ?? c);',
    'if (false) f(b ?? c);',
    'if (a) ;',
    'if (a) f(c);',
  ]);
  assert.equal(changed('const g = list.some(f);'), ['const g = list.every(f);']);
});

test('leave types and imports alone', () => {
  assert.equal(changed("import a from 'b';\ntype T = 1 | true;\nconst x: 2 = y as 3;"), []);
});

test('say where they are, and in which functions', () => {
  const [mutant] = mutantsOf('const outer = () => {\n  const inner = () => a < b;\n  return inner;\n};');
  assert.equal([mutant?.line, mutant?.functions], [2, ['inner', 'outer']]);
});

test.run();
