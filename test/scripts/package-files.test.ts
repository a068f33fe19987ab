import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { declarationsOf, entriesOf, sourceOf, typesOnly } from '../../scripts/package-files.ts';
import { scratch } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const test = suite('The files of the package');

/** A folder with these files. */
const folderWith = (files: Readonly<Record<string, string>>) => {
  const folder = scratch();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return folder;
};

test('the types of an export come with all that they lead to, and nothing else', () => {
  const { path, remove } = folderWith({
    'dist/a/index.d.ts': 'import type { B } from \'../b.ts\';\nexport declare const c: import("./c.js").C;\n',
    'dist/b.d.ts': "export type { D } from './a/d.ts';\n",
    'dist/a/c.d.ts': 'export type C = 1;\n',
    'dist/a/d.d.ts': "import './index.ts';\nimport 'valibot';\n",
    'dist/a/unused.d.ts': "import './c.ts';\n",
  });
  try {
    assert.equal([...declarationsOf(path, ['dist/a/index.d.ts'])].sort(), [
      'dist/a/c.d.ts',
      'dist/a/d.d.ts',
      'dist/a/index.d.ts',
      'dist/b.d.ts',
    ]);
    assert.throws(() => declarationsOf(path, ['dist/a/unused.d.ts', 'dist/missing.d.ts']), 'missing');
  } finally {
    remove();
  }
});

test('a declaration that is not there fails the build by name', () => {
  const { path, remove } = folderWith({ 'dist/a.d.ts': "export type { B } from './b.ts';\n" });
  try {
    assert.throws(
      () => declarationsOf(path, ['dist/a.d.ts']),
      'dist/a.d.ts imports ./b.ts, which is not there',
    );
  } finally {
    remove();
  }
});

test('every export has its types and is built from a source that is there', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = entriesOf(manifest);
  assert.ok(entries.includes('dist/client/index.d.ts'));
  for (const entry of entries)
    assert.not.throws(
      () => readFileSync(join(ROOT, sourceOf(entry))),
      `${entry} comes from ${sourceOf(entry)}`,
    );
  assert.equal(entriesOf({ exports: { './package.json': './package.json' } }), []);
  assert.equal(entriesOf({}), []);
});

test('schemas keep the constants that their types are made of, and no others', () => {
  const schemas = [
    "import * as v from 'valibot';",
    'declare const part: v.ObjectSchema<{',
    ' readonly id: v.StringSchema<undefined>;',
    '}, undefined>;',
    'export declare const whole: v.ArraySchema<typeof part, undefined>;',
    'export declare const query: v.ObjectSchema<{',
    ' readonly q: v.StringSchema<undefined>;',
    '}, undefined>;',
    'export type Whole = v.InferOutput<typeof whole>;',
    '',
  ];
  assert.is(typesOnly(schemas.join('\n')), [...schemas.slice(0, 5), ...schemas.slice(8)].join('\n'));
});

test.run();
