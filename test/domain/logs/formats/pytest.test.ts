import * as assert from 'uvu/assert';
import { pytest } from '../../../../src/domain/logs/formats/pytest.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('pytest');

const HEAD = `============================= test session starts ==============================
platform linux -- Python 3.12.1, pytest-8.0.0, pluggy-1.4.0
collected 20 items

tests/test_a.py ..........                                               [ 50%]
`;

test('shows the counter at the end of a line', () => {
  const [run] = play(pytest, HEAD);
  assert.equal([run?.key, run?.status, run?.current, run?.total], ['pytest#1', 'running', 50, 100]);
  assert.is(run?.details.current_step, 'tests/test_a.py');
  assert.is(run?.details.phase, 'test');
});

test('100 % is no end', () => {
  assert.equal(inShort(pytest, `${HEAD}tests/test_b.py ..........  [100%]\n`), ['pytest#1 running 100/100']);
});

for (const [title, end, expected] of [
  ['passed', '============================= 20 passed in 12.34s ==============================', 'completed'],
  [
    'with warnings',
    '================= 18 passed, 2 skipped, 3 warnings in 62.10s (0:01:02) =================',
    'completed',
  ],
  ['failed', '=================== 3 failed, 17 passed, 1 xfailed in 12.34s ===================', 'failed'],
  ['an error', '=========================== 1 error in 0.12s ===========================', 'failed'],
  ['quiet', '20 passed in 0.03s', 'completed'],
  [
    'nothing ran',
    '============================ no tests ran in 0.01s =============================',
    'failed',
  ],
  [
    'interrupted',
    '!!!!!!!! KeyboardInterrupt !!!!!!!!\n=========== 5 passed in 2.00s ===========',
    'cancelled',
  ],
] as const) {
  test(`ends: ${title}`, () => assert.is(play(pytest, `${HEAD}${end}\n`)[0]?.status, expected));
}

test('names what failed, and why it did first', () => {
  const [run] = play(
    pytest,
    `${HEAD}tests/test_b.py ....F....F  [100%]
=========================== short test summary info ============================
FAILED tests/test_b.py::test_x - AssertionError: assert 1 == 2
FAILED tests/test_b.py::test_y[1/2] - ValueError
=================== 2 failed, 18 passed in 1.00s ===================`,
  );
  assert.is(run?.status, 'failed');
  assert.equal(run?.details.failed_resources, ['tests/test_b.py::test_x', 'tests/test_b.py::test_y[1/2]']);
  assert.is(run?.details.error_message, 'AssertionError: assert 1 == 2');
});

for (const [title, line, expected] of [
  ['verbose', 'tests/test_a.py::test_x[a b] PASSED                [ 45%]', 'pytest#1 running 45/100'],
  ['counts', 'tests/test_a.py ....                                 [ 9/20]', 'pytest#1 running 9/20'],
  ['verbose with counts', 'tests/test_a.py::test_x FAILED  [ 9/20]', 'pytest#1 running 9/20'],
  ['dots that go on', '........................................  [ 72%]', 'pytest#1 running 72/100'],
  ['xdist', '[gw0] [ 45%] PASSED tests/test_a.py::test_x', 'pytest#1 running 45/100'],
  ['only the end', '7 passed, 1 skipped in 1.20s', 'pytest#1 completed 8/8'],
] as const) {
  test(`reads ${title}`, () => assert.equal(inShort(pytest, line), [expected]));
}

test('a second session is another run', () => {
  const end = '=== 20 passed in 1.00s ===\n';
  assert.equal(inShort(pytest, HEAD + end + HEAD), ['pytest#1 completed 50/100', 'pytest#2 running 50/100']);
  assert.equal(inShort(pytest, HEAD + HEAD), ['pytest#1 running 50/100', 'pytest#2 running 50/100']);
});

for (const line of [
  '[ 45%] Building C object a.o',
  'disk usage [ 45%]',
  'downloaded 3 files in 2.0s',
  '3 passed the exam in May',
  'FAILED: target.o',
  '[2/5]',
  'x [ 9/0]',
]) {
  test(`${line} says nothing`, () => assert.is(pytest.read(line), undefined));
}

test.run();
