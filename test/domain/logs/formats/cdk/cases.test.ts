import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../../../../support/suite.ts';
import { reported } from './read-cdk.ts';

/**
 * Each file begins with the expected runs, one `# ` line each; see {@link reported} for the columns.
 * A file that begins with lines of `#` alone contains no run.
 */
const FOLDER = new URL('../../../../fixtures/cdk/', import.meta.url);

const test = suite('CDK logs');

for (const file of readdirSync(FOLDER).toSorted()) {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
  const length = lines.findIndex((line) => !line.startsWith('#'));
  const expected = lines.slice(0, length).map((line) => line.slice(2));
  test(file.replace('.log', '').replaceAll('-', ' '), () => {
    assert.equal(
      reported(lines.slice(length).join('\n')),
      expected.filter((line) => line !== ''),
    );
  });
}

test.run();
