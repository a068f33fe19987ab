import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../../../../support/suite.ts';
import { SHOWN_FILE, shownOfFixtures } from './shown.ts';

const test = suite('CDK logs, what each line changes');

/** `npm run fixtures:cdk` writes a change that is meant: read its diff as a user would. */
const expected = new Map(
  readFileSync(SHOWN_FILE, 'utf8')
    .split(/^== /m)
    .slice(1)
    .map((section) => {
      const [name = '', ...lines] = section.trimEnd().split('\n');
      return [name, lines];
    }),
);

test('there is an expectation for each log', () => {
  assert.equal([...expected.keys()], [...shownOfFixtures().keys()]);
});

for (const [name, shown] of shownOfFixtures())
  test(name.replaceAll('-', ' '), () => {
    assert.equal(shown, expected.get(name));
  });

test.run();
