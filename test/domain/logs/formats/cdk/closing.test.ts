// How a line closes a run, and what the lines below it add, in signals.
import * as assert from 'uvu/assert';
import { readContinuation, readReasonText } from '../../../../../src/domain/logs/formats/cdk/continued.ts';
import { evolveCdk } from '../../../../../src/domain/logs/formats/cdk/fold.ts';
import { MESSAGE } from '../../../../../src/domain/logs/formats/cdk/rows.ts';
import type { CdkSignal, ErrorSignal } from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import { initialCdk } from '../../../../../src/domain/logs/formats/cdk/state.ts';
import { suite } from '../../../../support/suite.ts';
import {
  bare,
  DEPLOYING,
  ENVIRONMENT,
  fold,
  ofStack,
  row,
  run,
  runIn,
  say,
  seen,
  touchedBy,
} from './folding.ts';

const test = suite('CDK logs, how a run is closed');

const OK = say('ok', 'Shop');
const FAILED = say('failed', 'Shop', { m: 'No' });
const error = (m: string, more: Partial<ErrorSignal> = {}): ErrorSignal => ({ k: 'error', m, ...more });
const text = (m: string) => ({ k: 'text', m }) as const;
const cause = (n: string, i?: string): CdkSignal => ({ k: 'cause', n, ...(i === undefined ? {} : { i }) });
const close = (more: Readonly<{ s?: string; x?: number }>): CdkSignal => ({ k: 'close', ...more });

test('a closing line without a message adds none, and one that destroys says so where nothing else did', () => {
  const rows = [row('DELETE_IN_PROGRESS', 'Orders', { s: 'Shop' })];
  const closed = run('Shop#1', ...rows, OK);
  assert.not.ok('closingError' in closed || 'verb' in closed);
  assert.is(run('Shop#1', ...rows, { ...FAILED, o: 'destroy' }).verb, 'destroy');
  assert.is(run('Shop#1', DEPLOYING, { ...FAILED, o: 'destroy' }).verb, 'deploy');
});

test('an environment whose beginning is missing takes the rows of its toolkit, and of nothing else', () => {
  const rows = [ofStack('CREATE_IN_PROGRESS', 'CDKToolkit'), ofStack('CREATE_IN_PROGRESS', 'Shop')];
  const state = fold([...rows, say('ok', ENVIRONMENT)]);
  assert.equal(
    Object.values(state.runs).map(({ name, mark, verb }) => [name, mark, verb]),
    [
      [ENVIRONMENT, 'ok', 'bootstrap'],
      ['Shop', undefined, undefined],
    ],
  );
  assert.is(runIn(state, 'CDKToolkit#1').stack, 'CDKToolkit');
  assert.equal(touchedBy([...rows, say('ok', ENVIRONMENT)], say('bootstrapping', ENVIRONMENT)), [
    `${ENVIRONMENT}#2`,
  ]);
  const other = fold([say('deploying', 'my-toolkit'), say('failed', ENVIRONMENT)]);
  assert.equal(Object.keys(other.runs), ['my-toolkit#1', `${ENVIRONMENT}#1`]);
});

test('an environment stays the one that is bootstrapped until it is closed', () => {
  const bootstrapping = say('bootstrapping', ENVIRONMENT);
  assert.is(fold([bootstrapping, DEPLOYING, OK]).bootstrapping, `${ENVIRONMENT}#1`);
  const closed = fold([bootstrapping, say('ok', ENVIRONMENT)]);
  assert.equal([closed.bootstrapping, closed.aliases], [undefined, {}]);
});

test('a run that is closed by its display name keeps its own', () => {
  const state = fold([say('deploying', 'Prod-Shop', { d: 'Prod/Shop' }), say('ok', 'Prod/Shop')]);
  assert.equal([Object.keys(state.lastKeys), runIn(state, 'Prod-Shop#1').mark], [['Prod-Shop'], 'ok']);
});

test('a run is closed once, and another end is of another run', () => {
  assert.equal(touchedBy([DEPLOYING, OK], OK), []);
  assert.equal(touchedBy([DEPLOYING, FAILED], OK), []);
  assert.is(fold([DEPLOYING, FAILED, OK]).checked, undefined);
  assert.equal(touchedBy([DEPLOYING, OK], say('unchanged', 'Shop')), ['Shop#2']);
  assert.equal(touchedBy([DEPLOYING, FAILED], say('unchanged', 'Shop')), ['Shop#2']);
  assert.equal(touchedBy([DEPLOYING, FAILED], FAILED), []);
  assert.equal(touchedBy([DEPLOYING, OK], FAILED), ['Shop#2']);
});

test('words that other programs use too close only a known run', () => {
  for (const v of ['ok', 'unchanged', 'failed'] as const) {
    assert.equal(fold([say(v, 'Shop', { w: 1 })]), initialCdk);
    assert.equal(touchedBy([DEPLOYING], say(v, 'Shop', { w: 1 })), ['Shop#1']);
  }
  assert.equal(touchedBy([DEPLOYING, OK], { ...FAILED, w: 1 }), []);
});

test('a check mark before an unknown name waits for a line that only CDK prints', () => {
  assert.equal(fold([OK]).checked, { s: 'Shop', at: 1000 });
  const named = fold([say('ok', 'Prod-Shop', { d: 'Prod/Shop' })]);
  assert.equal(named.checked, { s: 'Prod-Shop', d: 'Prod/Shop', at: 1000 });
  assert.equal(touchedBy([OK], close({ s: 'Other' })), []);
  assert.equal(touchedBy([OK], close({ s: 'Shop' })), ['Shop#1']);
  assert.not.ok('seconds' in run('Shop#1', OK, close({ s: 'Shop' })));
  const timed = fold([OK, close({ x: 3.2 })]);
  assert.equal([runIn(timed, 'Shop#1').seconds, timed.checked], [3.2, undefined]);
  assert.equal(touchedBy([], close({ s: 'Shop' })), []);
});

test('lines below a check mark name a run without a name, and say how long it took', () => {
  const unnamed = row('CREATE_COMPLETE', 'Orders');
  assert.is(run('unnamed#1', unnamed, close({ s: 'Shop' })).name, 'Shop');
  assert.equal(touchedBy([DEPLOYING], close({ s: 'Shop' })), []);
  assert.is(run('Shop#1', DEPLOYING, OK, close({ x: 3 }), close({ x: 4 })).seconds, 3);
  assert.is(run('Shop#1', DEPLOYING, FAILED, close({ x: 3 })).seconds, undefined);
  assert.equal(touchedBy([DEPLOYING], close({ x: 3 })), []);
  assert.equal(touchedBy([DEPLOYING, OK], close({})), []);
});

test('the state in an error counts where the error is about the stack', () => {
  const stateOf = (m: string, ...before: readonly CdkSignal[]) => {
    const { stackState, stackOperation } = run('Shop#1', DEPLOYING, ...before, { ...FAILED, m });
    return [stackState, stackOperation];
  };
  const left = 'The stack named Shop failed creation: ROLLBACK_COMPLETE';
  assert.equal(stateOf(left), ['ROLLBACK_COMPLETE', 'create']);
  assert.equal(stateOf(left, ofStack('UPDATE_IN_PROGRESS', 'Shop')), ['ROLLBACK_COMPLETE', 'update']);
  assert.equal(stateOf('Stack Shop is in ROLLBACK_COMPLETE state and can not be updated'), [
    undefined,
    undefined,
  ]);
  assert.not.ok('stackOperation' in run('Shop#1', DEPLOYING, FAILED));
});

test('an error of the whole command fails the only run that is open', () => {
  const two = [DEPLOYING, say('deploying', 'Depot')];
  assert.equal(touchedBy([DEPLOYING], error('No')), ['Shop#1']);
  assert.equal(touchedBy(two, error('No')), []);
  assert.equal(touchedBy([...two, OK], error('No')), ['Depot#1']);
  assert.equal(touchedBy([row('CREATE_COMPLETE', 'Orders')], error('No')), []);
  assert.equal(touchedBy([], error('No')), []);
  assert.is(seen('Shop#1', DEPLOYING, error('No')).details.error_message, 'No');
});

test('an error that names a stack fails its run, or the one without a name, or begins one', () => {
  assert.equal(touchedBy([DEPLOYING, say('deploying', 'Depot')], error('No', { s: 'Shop' })), ['Shop#1']);
  const unnamed = run('unnamed#1', row('CREATE_COMPLETE', 'Orders'), error('No', { s: 'Shop' }));
  assert.equal([unnamed.name, unnamed.mark], ['Shop', 'failed']);
  assert.equal(touchedBy([], error('No', { s: 'Shop' })), ['Shop#1']);
  assert.equal(touchedBy([DEPLOYING, OK], error('No', { s: 'Shop' })), []);
});

test('a change set that could not be created fails the only run that waits for one', () => {
  const waiting = say('changeset', 'Depot');
  const noSet = error('No change set', { cs: 1 });
  assert.equal(touchedBy([DEPLOYING, waiting], noSet), ['Depot#1']);
  const moving = say('changeset', 'Shop');
  const begun = [moving, row('CREATE_IN_PROGRESS', 'Orders', { s: 'Shop' })];
  assert.equal(touchedBy([...begun, waiting], noSet), ['Depot#1']);
  assert.equal(touchedBy([DEPLOYING], noSet), []);
  assert.is(fold([DEPLOYING, noSet]).undecided, 'No change set');
});

test('of several that wait for a change set, the first cause tells whose could not be created', () => {
  const noSet = error('No change set', { cs: 1 });
  const waiting = [
    say('changeset', 'Prod-Shop', { d: 'Prod/Shop' }),
    say('changeset', 'Plain'),
    say('changeset', 'Prod-Depot', { d: 'Prod/Depot' }),
  ];
  const failedIn = (...signals: readonly CdkSignal[]) =>
    Object.values(fold([...waiting, ...signals]).runs)
      .filter(({ mark }) => mark === 'failed')
      .map(({ name }) => name);
  assert.equal(failedIn(noSet, cause('Prod/Shop/Orders', 'Orders')), ['Prod-Shop']);
  assert.equal(failedIn(noSet, cause('Plain/Orders', 'Orders')), ['Plain']);
  assert.equal(failedIn(noSet, cause('Other/Orders', 'Orders')), []);
  assert.equal(failedIn(noSet, say('ok', 'Plain'), cause('Plain/Orders', 'Orders')), []);
  assert.equal(failedIn(cause('Plain/Orders', 'Orders')), []);
  const state = fold([...waiting, noSet, cause('Plain/Orders', 'Orders')]);
  assert.equal(
    [runIn(state, 'Plain#1').listed, runIn(state, 'Plain#1').closingError, state.undecided],
    [['Orders'], 'No change set', undefined],
  );
});

test('reasons and causes belong to a run that failed', () => {
  assert.equal(touchedBy([DEPLOYING, OK], { k: 'reason', m: 'No' }), []);
  assert.equal(touchedBy([DEPLOYING, FAILED], { k: 'reason', m: 'No' }), ['Shop#1']);
  assert.equal(touchedBy([DEPLOYING, OK], cause('Shop/Orders', 'Orders')), []);
  assert.equal(touchedBy([DEPLOYING, FAILED], cause('Shop/Orders', 'Orders')), ['Shop#1']);
  assert.equal(touchedBy([DEPLOYING, FAILED], cause('Shop')), []);
  assert.equal(touchedBy([DEPLOYING, OK, cause('Shop/Orders', 'Orders')], text('Taken')), []);
});

test('the text below the head of a cause is its reason, once for each resource', () => {
  const causesOf = (...signals: readonly CdkSignal[]) => run('Shop#1', DEPLOYING, FAILED, ...signals).causes;
  const [orders, news] = [cause('Shop/Orders', 'Orders'), cause('Shop/News', 'News')];
  assert.equal(causesOf(orders, text('Name is taken'), news, text('Not allowed')), [
    { id: 'Orders', reason: 'Name is taken' },
    { id: 'News', reason: 'Not allowed' },
  ]);
  assert.equal(causesOf(orders, text('No'), news, text('No'), orders, text('Taken')), [
    { id: 'Orders', reason: 'Taken' },
    { id: 'News', reason: 'No' },
  ]);
  assert.equal(causesOf(cause('Shop'), text('Not allowed'), cause('Shop'), text('Never')), [
    { reason: 'Never' },
  ]);
  const many = Array.from({ length: 51 }, (_, index) => [cause(`Shop/R${index}`, `R${index}`), text('No')]);
  assert.is(causesOf(...many.flat())?.length, 50);
});

test('a reason goes on in the next line where CDK would have broken it', () => {
  const reasonOf = (...lines: readonly string[]) =>
    run('Shop#1', DEPLOYING, FAILED, cause('Shop/Orders', 'Orders'), ...lines.map(text)).causes?.[0]?.reason;
  const long = 'x'.repeat(115);
  assert.is(reasonOf(long, 'abcde rest'), `${long} abcde rest`);
  assert.is(reasonOf(long, 'abcd rest'), long);
  assert.is(reasonOf(long, 'abcde'), `${long} abcde`);
  assert.is(reasonOf(long, 'abcd'), long);
  const state = fold([DEPLOYING, FAILED, cause('Shop/Orders', 'Orders'), text(long)]);
  assert.equal(evolveCdk(state, text('abcd'), 9000).touched, []);
});

test('findings below the closing line are a list, which names resources', () => {
  const old = say('failed', 'Shop', { m: 'Early validation failed for change set x:' });
  const finding = (id: string) => text(`- ${id} exists already (at /Resources/${id}/Properties)`);
  const { listed, causes } = run('Shop#1', DEPLOYING, old, finding('A'), finding('B'));
  assert.equal([listed, causes], [['A', 'B'], [{ reason: 'A exists already (at /Resources/A/Properties)' }]]);
  assert.equal(touchedBy([DEPLOYING, old, finding('A')], text('- something else')), []);
  const long = `- ${'x'.repeat(90)} (at /Resources/A/Properties)`;
  assert.is(run('Shop#1', DEPLOYING, old, text(long), finding('B')).causes?.[0]?.reason, long.slice(2));
  // Below the head of a cause, the place is that of its own resource.
  assert.equal(run('Shop#1', DEPLOYING, FAILED, cause('Shop/Orders', 'Orders'), finding('A')).listed, [
    'Orders',
  ]);
});

test('text continues only rows of the current run, causes, and what is still there', () => {
  const other = say('changeset', 'Depot');
  assert.equal(touchedBy([DEPLOYING, FAILED, other], text('Name is taken')), []);
  assert.equal(touchedBy([], text('Name is taken')), []);
  const pruned = { ...initialCdk, continued: { key: 'Gone#1', lines: [], cause: '' } } as const;
  assert.equal(evolveCdk(pruned, text('Name is taken'), 1).touched, []);
  const ofOther = [DEPLOYING, say('deploying', 'Depot'), row('CREATE_FAILED', 'Orders', { s: 'Shop' })];
  assert.equal(touchedBy(ofOther, text('Name is taken')), []);
  assert.equal(touchedBy([DEPLOYING, { k: 'cut', m: 'CREATE', w: [1, 1] }], text('x')), []);
});

test('the reason below a row of the stack is the reason of the stack', () => {
  const rolling = bare('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop');
  const state = run('Shop#1', say('changeset', 'Shop'), rolling, text('Export is in use'));
  assert.equal([state.stackReason, state.failures], ['Export is in use', []]);
  const resource = run(
    'Shop#1',
    say('changeset', 'Shop'),
    row('CREATE_FAILED', 'Shop', { n: 'Shop/Resource' }),
    text('Name is taken'),
  );
  assert.equal([resource.stackReason, resource.failures[0]?.reason], [undefined, 'Name is taken']);
});

test('a line of text is one up to the longest message, and only certain words are a reason by themselves', () => {
  const before = row('CREATE_FAILED', 'Orders');
  assert.ok(readContinuation('x'.repeat(MESSAGE), before));
  assert.is(readContinuation('x'.repeat(MESSAGE + 1), before), undefined);
  const reason = 'Rate exceeded'.padEnd(MESSAGE, '.');
  assert.equal([readReasonText(reason), readReasonText(`${reason}.`)], [text(reason), undefined]);
  assert.is(readReasonText('a service (with a name)'), undefined);
  assert.ok(readReasonText('Broken (at /Resources/Orders/Properties)'));
});

test.run();
