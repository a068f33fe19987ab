import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { problemBody } from '../../src/api/problem.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { type ErrorCode, MiyabiError } from '../../src/domain/errors.ts';
import { suite } from '../support/suite.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const PAGE = read('docs/api.md');

const rowsBelow = (head: string): readonly string[] => {
  const [, table = ''] = PAGE.split(`${head}\n`);
  const lines = table.split('\n');
  return lines.slice(
    1,
    lines.findIndex((line) => !line.startsWith('|')),
  );
};

const test = suite('docs/api.md');

test('lists every route with its scope and its answers, and no other', () => {
  const routes = Object.values(ROUTES).flatMap((group) => Object.values(group));
  const expected = routes.map(
    ({ method, path, scope, answers }) =>
      `| \`${method} ${path}\` | ${scope === 'open' ? 'none' : scope} | ${Object.keys(answers).join(', ')} |`,
  );
  assert.ok(expected.length > 30, 'the routes were found');
  assert.equal(rowsBelow('| request | scope | answers |'), expected);
});

test('lists every error code with its status, and no other', () => {
  const [, union = ''] = /export type ErrorCode =\n([\s\S]*?);/.exec(read('src/domain/errors.ts')) ?? [];
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code as ErrorCode);
  const expected = codes.map((code) => `${problemBody(new MiyabiError(code, '')).status} ${code}`);
  const listed = rowsBelow('| status | codes |').flatMap((row) => {
    const [, status = '', text = ''] = row.split('|').map((cell) => cell.trim());
    return [...text.matchAll(/`([a-z_]+)`/g)].map(([, code]) => `${status} ${code}`);
  });
  assert.equal([...listed].sort(), [...expected].sort());
});

test.run();
