import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../../../../support/suite.ts';
import { told } from './read-cdk.ts';

/**
 * Each file begins with what a careful reader would say of it, one `# ` line per run; see {@link told} for the columns.
 * A file whose first lines are `#` alone tells of no run.
 */
const FOLDER = new URL('../../../../fixtures/cdk/', import.meta.url);

const test = suite('CDK logs');

for (const file of readdirSync(FOLDER).toSorted()) {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
  const length = lines.findIndex((line) => !line.startsWith('#'));
  const expected = lines.slice(0, length).map((line) => line.slice(2));
  test(file.replace('.log', '').replaceAll('-', ' '), () => {
    assert.equal(
      told(lines.slice(length).join('\n')),
      expected.filter((line) => line !== ''),
    );
  });
}

test.run();
