import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { SECRET_FIELDS } from '../../src/ports/logger.ts';
import { suite } from '../support/suite.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs/operations.md'), 'utf8');

const sources = async (): Promise<readonly string[]> => {
  const files = await readdir(join(root, 'src'), { recursive: true });
  return Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(join(root, 'src', file), 'utf8')),
  );
};

const test = suite('docs/operations.md');

test('has every variable of the configuration in its table, with its default', () => {
  const config = readFileSync(join(root, 'src/config.ts'), 'utf8');
  const [, table = ''] = /const environment = v\.object\(\{\n([\s\S]*?)\n\}\);/.exec(config) ?? [];
  const variables = [...table.matchAll(/^ {2}([A-Z_]+): ([\s\S]*?)(?=,\n {2}[A-Z]|,?$(?![\s\S]))/gm)];
  assert.ok(variables.length > 25);
  for (const [, name = '', schema = ''] of variables) {
    const row = guide
      .split('\n')
      .find((line) => /^\| `[^|]+` \|/.test(line) && line.split(' | ', 1)[0]?.includes(`\`${name}\``));
    assert.ok(row !== undefined, `${name} is missing`);
    const [, fallback = ''] = /'([^']*)',?\s*\)$/.exec(schema) ?? [];
    const isDefault = /v\.optional\([\s\S]+, '[^']*',?\s*\)$/.test(schema) && fallback !== '';
    if (isDefault) assert.match(row ?? '', `\`${fallback}\``, `${name} has ${fallback}`);
  }
});

test('has every message that is logged as a warning or an error, and every metric', async () => {
  for (const source of await sources()) {
    for (const [, message = ''] of source.matchAll(/logger\.(?:warn|error)\(\s*'([^']+)'/g)) {
      assert.match(guide, `\`${message}\``);
    }
    for (const [, name = ''] of source.matchAll(/metrics\.(?:count|duration)\(\s*'([^']+)'/g)) {
      assert.match(guide, `| \`${name}\` |`);
    }
  }
  for (const field of SECRET_FIELDS) assert.match(guide, `\`${field}\``);
});

test.run();
