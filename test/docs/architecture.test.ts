import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

const test = suite('docs/architecture.md');

test('lists every folder of src, and no other', () => {
  const listed = [...PAGE.matchAll(/^\| `(src\/[^`]+)` \|/gm)].map(([, room]) => room);
  const folders = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).split(sep).join('/'));
  assert.equal([...listed].sort(), folders.sort());
});

test('names only files that exist', () => {
  const named = [...PAGE.matchAll(/`((?:src|test)\/[^`]+\.ts)`/g)].map(([, file = '']) => file);
  assert.ok(named.length > 15);
  assert.equal(
    named.filter((file) => !existsSync(join(ROOT, file))),
    [],
  );
});

test('traces a log event and a GET in at most twelve stops each', () => {
  for (const title of ['A log event, stop by stop', 'A GET, stop by stop']) {
    const section = PAGE.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
    const stops = section.match(/^\d+\. /gm)?.length ?? 0;
    assert.ok(stops >= 5 && stops <= 12, `${title}: ${stops}`);
  }
});

test.run();
