import * as assert from 'uvu/assert';
import { isMiyabiError } from '../../../src/domain/errors.ts';
import {
  isHidden,
  ownLog,
  requireOwn,
  requireUnbound,
  requireVisible,
} from '../../../src/domain/projects/access.ts';
import { suite } from '../../support/suite.ts';

const test = suite('access to projects');
const bound = { project_id: 'shop' };

const codeOf = (act: () => void): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return isMiyabiError(error) ? error.code : 'another error';
  }
};

test('a bound caller sees its own project alone, any other caller sees all', () => {
  assert.equal(
    [isHidden(bound, 'shop'), isHidden(bound, 'tea'), isHidden(bound, undefined), isHidden({}, 'tea')],
    [false, true, false, false],
  );
});

test("another's project does not exist to read, is forbidden to write, and some things need no binding", () => {
  assert.is(
    codeOf(() => requireVisible(bound, 'tea')),
    'project_not_found',
  );
  assert.is(
    codeOf(() => requireOwn(bound, 'tea')),
    'forbidden',
  );
  assert.is(
    codeOf(() => requireUnbound(bound, 'it concerns all')),
    'forbidden',
  );
  assert.is(
    codeOf(() => requireVisible(bound, 'shop')),
    undefined,
  );
  assert.is(
    codeOf(() => requireOwn(bound, undefined)),
    undefined,
  );
  assert.is(
    codeOf(() => requireUnbound({}, 'it concerns all')),
    undefined,
  );
});

test("a bound caller's log goes below its project and touches no other, whatever it is called", () => {
  assert.equal(ownLog(bound, { log_group: 'tea/g', project_id: 'tea' }), {
    log_group: 'shop/tea/g',
    project_id: 'shop',
    only_project: 'shop',
  });
  assert.equal(ownLog({}, { log_group: 'g' }), { log_group: 'g' });
});

test.run();
