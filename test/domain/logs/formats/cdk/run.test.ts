// What rows add to a run, in signals.
import * as assert from 'uvu/assert';
import { cdk } from '../../../../../src/domain/logs/formats/cdk/cdk.ts';
import { evolveCdk } from '../../../../../src/domain/logs/formats/cdk/fold.ts';
import { STACK_TYPE } from '../../../../../src/domain/logs/formats/cdk/rows.ts';
import type { CdkSignal, RowSignal } from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import {
  type CdkState,
  initialCdk,
  openCdk,
  pruneCdk,
} from '../../../../../src/domain/logs/formats/cdk/state.ts';
import { suite } from '../../../../support/suite.ts';
import {
  bare,
  DEPLOYING,
  ENVIRONMENT,
  fold,
  NESTED,
  ofStack,
  row,
  run,
  runIn,
  say,
  touchedBy,
} from './folding.ts';

const test = suite('CDK logs, what rows add');

const COUNTED = { s: 'Shop', c: [1, 4] } as const;
const inShop = (st: string, id: string, more: Partial<RowSignal> = {}) =>
  row(st, id, { ...COUNTED, ...more });
const shop = (...signals: readonly CdkSignal[]) => run('Shop#1', ...signals);
const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

test('what may grow is bounded', () => {
  const { inProgress } = shop(...times(65, (index) => inShop('CREATE_IN_PROGRESS', `R${index}`)));
  assert.equal([inProgress.length, inProgress[0]?.[0]], [64, 'R1']);
  assert.is(shop(...times(51, (index) => inShop('CREATE_FAILED', `R${index}`))).failures.length, 50);
  const cancelled = times(201, (index) =>
    inShop('CREATE_FAILED', `R${index}`, { m: 'Resource creation cancelled' }),
  );
  assert.equal(
    [shop(...cancelled).cancelled.length, shop(...cancelled).cancelled[0], shop(...cancelled).failures],
    [200, 'R1', []],
  );
  const nested = times(101, (index) => inShop('CREATE_IN_PROGRESS', `R${index}`, { ty: STACK_TYPE }));
  assert.equal([shop(...nested).nestedIds.length, shop(...nested).nestedIds[0]], [100, 'R1']);
  const kept = shop(...times(101, (index) => inShop('DELETE_SKIPPED', `R${index}`))).retained;
  assert.equal([kept?.length, kept?.[0]], [100, 'R0']);
  const listed = times(51, (index) => `R${index}`).join(', ');
  const m = `The following resource(s) failed to create: [${listed}].`;
  assert.is(shop(ofStack('ROLLBACK_IN_PROGRESS', 'Shop', { m })).listed.length, 50);
  assert.is(
    shop(inShop('CREATE_COMPLETE', 'R', { m: 'x'.repeat(201) })).message?.length,
    'CREATE_COMPLETE R: '.length + 200,
  );
});

test('a stack that is deleted ends the run that destroys it, and not one that may try again', () => {
  const deleted = ofStack('DELETE_COMPLETE', 'Shop', { c: [1, 4] });
  assert.ok(shop(say('destroying', 'Shop'), deleted).endedAt);
  assert.ok(shop(ofStack('DELETE_IN_PROGRESS', 'Shop', { c: [0, 4] }), deleted).endedAt);
  assert.is(shop(DEPLOYING, ofStack('CREATE_FAILED', 'Shop', { c: [0, 4] }), deleted).endedAt, undefined);
  assert.is(shop(say('destroying', 'Shop'), deleted).stackOperation, 'destroy');
});

const END = { t: 5_000, c: [4, 4] } as const;
/** The next key, or the same, after the stack has ended at 5,000 s of its clock and one more row. */
const after = (signal: RowSignal, seconds = 10, end: Partial<RowSignal> = END) => {
  const ended = fold([ofStack('UPDATE_COMPLETE', 'Shop', end)]);
  return evolveCdk(ended, signal, 1000 + seconds * 1000).touched[0];
};
const update = (more: Partial<RowSignal>) => ofStack('UPDATE_IN_PROGRESS', 'Shop', { c: [0, 4], ...more });

test('a first state begins the next run if it is later by its clock, or much later by the log', () => {
  assert.is(after(update({ t: 5_001 })), 'Shop#2');
  assert.is(after(update({ t: 5_000 })), 'Shop#1');
  assert.is(after(update({ t: 5_000 - 30 * 60 })), 'Shop#1', 'it was printed out of order');
  assert.is(after(update({ t: 5_000 - 30 * 60 - 1 })), 'Shop#2', 'it is of another day');
  assert.is(after(update({ t: 4_990 }), 15 * 60), 'Shop#1');
  assert.is(after(update({ t: 4_990 }), 15 * 60 + 1), 'Shop#2');
  assert.is(after(update({ c: undefined, t: 5_001 } as never)), 'Shop#1', 'a recapitulation');
  assert.is(after(update({})), 'Shop#1', 'without a clock');
  assert.is(after(update({ t: 5_001 }), 10, { c: [4, 4] }), 'Shop#2', 'the run had no clock');
  assert.is(after(inShop('UPDATE_COMPLETE', 'R', { t: 5_001 }), 10, { c: [4, 4] }), 'Shop#1');
  assert.is(after(ofStack('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop', { c: [0, 4], t: 5_001 })), 'Shop#2');
  assert.is(after(ofStack('UPDATE_ROLLBACK_COMPLETE', 'Shop', { c: [4, 4], t: 5_001 })), 'Shop#1');
});

test('another later row belongs to the ended run as long as its counter goes on', () => {
  const later = (c: RowSignal['c'], end: Partial<RowSignal> = END) =>
    after(row('UPDATE_COMPLETE', 'R', { s: 'Shop', t: 5_001, ...(c && { c }) }), 10, end);
  assert.equal(
    [later([4, 4]), later([5, 4]), later([3, 4]), later([4, 5])],
    ['Shop#1', 'Shop#1', 'Shop#2', 'Shop#2'],
  );
  assert.equal([later([4, null]), later([0, 4])], ['Shop#2', 'Shop#2']);
  const barRow = {
    k: 'row',
    st: 'UPDATE_COMPLETE',
    ty: 'AWS::SQS::Queue',
    n: 'R',
    i: 'R',
    t: 5_001,
  } as const;
  const ended = [say('changeset', 'Shop'), bare('UPDATE_COMPLETE', 'Shop', { t: 5_000 })];
  assert.equal(touchedBy(ended, barRow), ['Shop#1']);
  assert.equal(touchedBy([...ended.slice(0, 1), { k: 'bar', c: [4, 4] }, ...ended.slice(1)], barRow), [
    'Shop#1',
  ]);
  assert.equal(touchedBy(ended, { ...barRow, c: [0, null] }), ['Shop#1']);
});

test('rows count, and the latest moment is that of the row that is latest by its clock', () => {
  const rows = [inShop('CREATE_COMPLETE', 'A', { t: 20 }), inShop('CREATE_COMPLETE', 'B', { t: 10 })];
  assert.equal([shop(...rows).rows, shop(...rows).latest], [2, 20]);
  assert.is(shop(...rows).message, 'CREATE_COMPLETE A', 'the other one was printed late');
  assert.is(shop(...rows, inShop('CREATE_COMPLETE', 'C', { t: 20 })).message, 'CREATE_COMPLETE C');
  assert.not.ok('latest' in shop(inShop('CREATE_COMPLETE', 'A')));
  assert.is(shop(...rows, inShop('CREATE_COMPLETE', 'C')).latest, 20);
  assert.not.ok('stackStateAt' in shop(ofStack('UPDATE_IN_PROGRESS', 'Shop', { c: [0, 4] })));
});

test('a row in a stage loses the path of its stack', () => {
  const inStage = say('deploying', 'Prod-Shop', { d: 'Prod/Shop' });
  const shown = (signal: RowSignal) => run('Prod-Shop#1', inStage, signal).inProgress[0];
  assert.equal(shown(row('CREATE_IN_PROGRESS', 'Prod/Shop/Orders')), ['Orders', 'Orders']);
  assert.equal(shown(row('CREATE_IN_PROGRESS', 'Id', { n: 'Prod/Shop/Orders' })), ['Id', 'Orders']);
  assert.equal(shown(row('CREATE_IN_PROGRESS', 'Prod/Shops')), ['Prod/Shops', 'Prod/Shops']);
  const named = row('CREATE_IN_PROGRESS', 'Prod/Shop/Orders', { s: 'Prod-Shop' });
  assert.equal(shown(named), ['Prod/Shop/Orders', 'Prod/Shop/Orders']);
});

test('a run is over from the first line that shows it, and goes on if it is tried again', () => {
  const failed = [DEPLOYING, ofStack('CREATE_COMPLETE', 'Shop', { c: [4, 4] })];
  assert.is(shop(...failed, inShop('CREATE_COMPLETE', 'R')).endedAt, 2000);
  const again = shop(...failed, ofStack('DELETE_IN_PROGRESS', 'Shop', { c: [0, 4] }));
  assert.equal([again.endedAt, 'endedAt' in again, again.lastAt], [undefined, false, 3000]);
  const late = evolveCdk(fold(failed), inShop('CREATE_COMPLETE', 'R'), 500).state;
  assert.is(runIn(late, 'Shop#1').lastAt, 2000);
});

test('a cut column is the end where it comes a second time', () => {
  const cut = (more: Partial<RowSignal> = {}) =>
    ofStack('UPDATE_ROLLBACK_COMPLETE?', 'Shop', { c: [1, 4], ...more });
  const states = (...signals: readonly CdkSignal[]) => {
    const { stackState, stateWasCut } = shop(DEPLOYING, ...signals);
    return [stackState, stateWasCut];
  };
  const cleaning = 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS';
  assert.equal(states(cut()), [cleaning, 1]);
  assert.equal(states(cut(), cut()), ['UPDATE_ROLLBACK_COMPLETE', undefined]);
  assert.equal(states(ofStack(cleaning, 'Shop', { c: [1, 4] }), cut()), [
    'UPDATE_ROLLBACK_COMPLETE',
    undefined,
  ]);
  const drawn = (t: number) => bare('UPDATE_ROLLBACK_COMPLETE?', 'Shop', { t });
  const known = say('changeset', 'Shop');
  assert.equal(states(known, drawn(10), drawn(10)), [cleaning, 1], 'the bar draws it again');
  assert.equal(states(known, drawn(10), drawn(11)), ['UPDATE_ROLLBACK_COMPLETE', undefined]);
  assert.is(shop(DEPLOYING, cut()).message, 'UPDATE_ROLLBACK_COMPLETE Shop');
});

test('of two states of one second, the later in the life of a stack counts, and none of a past moment', () => {
  const at = (st: string, t: number) => ofStack(st, 'Shop', { c: [1, 4], t });
  const last = (...signals: readonly CdkSignal[]) => shop(DEPLOYING, ...signals).stackState;
  assert.is(
    last(at('UPDATE_ROLLBACK_IN_PROGRESS', 10), at('UPDATE_IN_PROGRESS', 10)),
    'UPDATE_ROLLBACK_IN_PROGRESS',
  );
  assert.is(
    last(at('UPDATE_IN_PROGRESS', 10), at('UPDATE_ROLLBACK_IN_PROGRESS', 10)),
    'UPDATE_ROLLBACK_IN_PROGRESS',
  );
  assert.is(last(at('CREATE_IN_PROGRESS', 10), at('REVIEW_IN_PROGRESS', 9)), 'CREATE_IN_PROGRESS');
  assert.is(last(at('CREATE_IN_PROGRESS', 10), at('DELETE_IN_PROGRESS', 10)), 'DELETE_IN_PROGRESS');
});

test('the operation is the one that the states of the stack show first', () => {
  const operation = (...states: readonly string[]) =>
    shop(DEPLOYING, ...states.map((st) => ofStack(st, 'Shop', { c: [0, 4] }))).stackOperation;
  assert.equal(
    [
      ...['CREATE_IN_PROGRESS', 'REVIEW_IN_PROGRESS', 'IMPORT_IN_PROGRESS', 'UPDATE_IN_PROGRESS'],
      ...['UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS', 'DELETE_IN_PROGRESS'],
    ].map((st) => operation(st)),
    ['create', 'create', 'update', 'update', 'update', 'create', undefined],
  );
  assert.is(operation('CREATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'), 'create');
  assert.is(operation('IMPORT_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'), 'update');
  assert.is(shop(ofStack('DELETE_IN_PROGRESS', 'Shop', { c: [0, 4] })).stackOperation, 'destroy');
  assert.not.ok('stackOperation' in shop(DEPLOYING, ofStack('DELETE_IN_PROGRESS', 'Shop', { c: [0, 4] })));
});

test('a retry forgets what had failed before', () => {
  const failed = [
    DEPLOYING,
    inShop('CREATE_IN_PROGRESS', 'News'),
    inShop('CREATE_FAILED', 'Orders', { m: 'No' }),
    inShop('CREATE_FAILED', 'Data', { m: 'Resource creation cancelled' }),
    ofStack('CREATE_FAILED', 'Shop', { c: [1, 4], m: 'Not allowed' }),
  ];
  assert.equal([shop(...failed).failures.length, shop(...failed).stackReason], [1, 'Not allowed']);
  const deleting = shop(...failed, ofStack('DELETE_IN_PROGRESS', 'Shop', { c: [0, 4] }));
  assert.is(deleting.failures.length, 1, 'deleting is not yet the next try');
  const again = shop(...failed, ofStack('CREATE_IN_PROGRESS', 'Shop', { c: [0, 4] }));
  assert.equal(
    [
      again.failures,
      again.cancelled,
      again.listed,
      again.inProgress,
      'stackReason' in again,
      'stuck' in again,
    ],
    [[], [], [], [], false, false],
  );
});

test('a retry forgets a rollback that was stuck, too', () => {
  const at = (t: number) => ({ c: [1, 4], t }) as const;
  const listed = 'The following resource(s) failed to update: [Orders].';
  const stuck = [
    DEPLOYING,
    ofStack('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop', { ...at(10), m: listed }),
    inShop('UPDATE_FAILED', 'News', at(11)),
    row('UPDATE_FAILED', 'News', { s: 'Shop', t: 11 }),
    ofStack('UPDATE_ROLLBACK_FAILED', 'Shop', at(12)),
  ];
  const before = shop(...stuck);
  assert.equal([before.stuck, before.recapped, before.listed], [1, 1, ['Orders']]);
  const again = shop(...stuck, ofStack('UPDATE_IN_PROGRESS', 'Shop', at(13)));
  assert.equal([again.stuck, again.recapped, again.listed], [undefined, undefined, []]);
});

test('only resources of the stack itself are its nested stacks, or show what is done to it', () => {
  assert.equal(shop(inShop('CREATE_COMPLETE', 'R')).nestedIds, []);
  const mention = inShop('CREATE_IN_PROGRESS', 'Images', { ty: STACK_TYPE });
  assert.equal(shop(mention, mention).nestedIds, ['Images']);
  const inside = [mention, inShop('CREATE_COMPLETE', 'Cdn', { s: NESTED, ty: STACK_TYPE })];
  assert.equal([shop(...inside).nestedIds, shop(...inside).changes], [['Images'], 1]);
  assert.is(shop(DEPLOYING, inShop('UPDATE_COMPLETE', 'R', { s: NESTED })).changes, 0);
});

test('the reason of a stack is the first that is no consequence', () => {
  const reason = (st: string, ...texts: readonly string[]) =>
    shop(DEPLOYING, ...texts.map((m) => ofStack(st, 'Shop', { c: [1, 4], m }))).stackReason;
  assert.is(reason('UPDATE_ROLLBACK_IN_PROGRESS', 'Export is in use', 'Other'), 'Export is in use');
  assert.is(reason('UPDATE_FAILED', 'Not allowed'), 'Not allowed');
  for (const text of [
    'User Initiated',
    'Rollback requested by user.',
    'The following resource(s) failed to update: [Orders].',
    'Resource creation cancelled',
  ])
    assert.is(reason('UPDATE_ROLLBACK_IN_PROGRESS', text), undefined, text);
  assert.is(reason('UPDATE_IN_PROGRESS', 'Transformation succeeded'), undefined);
});

test('what was done to resources is remembered, and not what a rollback undoes', () => {
  const changes = (...signals: readonly CdkSignal[]) => shop(DEPLOYING, ...signals).changes;
  assert.equal(
    ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE', 'DELETE_COMPLETE', 'ROLLBACK_COMPLETE'].map(
      (st) => changes(inShop(st, 'R')),
    ),
    [1, 2, 2, 4, 0],
  );
  assert.is(changes(inShop('CREATE_FAILED', 'R', { m: 'No' }), inShop('DELETE_COMPLETE', 'S')), 1);
  const rolling = ofStack('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop', { c: [1, 4] });
  assert.is(changes(rolling, inShop('DELETE_COMPLETE', 'S')), 0);
  assert.is(changes(ofStack('UPDATE_IN_PROGRESS', 'Shop', { c: [1, 4] }), inShop('DELETE_COMPLETE', 'S')), 4);
  assert.is(changes(rolling, inShop('UPDATE_COMPLETE', 'S')), 2);
});

test('resources that were kept, skipped or left behind do not count as failures', () => {
  const skipped = shop(inShop('DELETE_FAILED', 'Orders', { skip: 1 }));
  assert.equal(skipped.failures, []);
  const kept = [inShop('DELETE_SKIPPED', 'A'), inShop('DELETE_SKIPPED', 'B'), inShop('DELETE_SKIPPED', 'A')];
  assert.equal(shop(...kept).retained, ['A', 'B']);
  const left = inShop('DELETE_FAILED', 'Orders', { m: 'In use' });
  assert.equal(shop(left).failures, [{ id: 'Orders', reason: 'In use', leftBehind: 1 }]);
  assert.equal(shop(left, inShop('DELETE_COMPLETE', 'News')).failures.length, 1);
  assert.equal(shop(left, inShop('DELETE_COMPLETE', 'Orders')).failures, []);
  const failed = inShop('CREATE_FAILED', 'Orders', { m: 'No' });
  assert.equal(
    shop(failed, inShop('DELETE_COMPLETE', 'Orders')).failures.length,
    1,
    'the rollback removes it',
  );
});

test('a failure has its reason, its moment and its kind', () => {
  assert.equal(shop(inShop('CREATE_FAILED', 'Orders', { t: 10, m: 'No' })).failures, [
    { id: 'Orders', reason: 'No', moment: 10 },
  ]);
  assert.equal(shop(inShop('CREATE_FAILED', 'Orders')).failures, [{ id: 'Orders' }]);
  assert.equal(shop(inShop('CREATE_FAILED', 'Images', { ty: STACK_TYPE })).failures, [
    { id: 'Images', isStack: 1 },
  ]);
  assert.equal(shop(DEPLOYING, row('CREATE_FAILED', 'Orders')).failures, [{ id: 'Orders', fromBar: 1 }]);
  for (const m of ['Resource creation cancelled', 'Resource update canceled.', 'It was cancelled'])
    assert.equal(shop(inShop('CREATE_FAILED', 'Orders', { m })).cancelled, ['Orders'], m);
  const long = 'cancelled'.padStart(80, '.').replace('.c', ' c');
  assert.equal(shop(inShop('CREATE_FAILED', 'Orders', { m: long })).cancelled, ['Orders']);
  assert.equal(shop(inShop('CREATE_FAILED', 'Orders', { m: `.${long}` })).cancelled, []);
  const twice = inShop('CREATE_FAILED', 'Orders', { m: 'Resource creation cancelled' });
  assert.equal(shop(twice, twice).cancelled, ['Orders']);
  const listed = inShop('CREATE_FAILED', 'Images', { m: 'The following resource(s) failed to create: [A].' });
  assert.equal(shop(listed).failures, []);
});

test('a failure that is said again is one, with the better of both names and the first reason', () => {
  const path = row('CREATE_FAILED', 'Api/Orders', { t: 10 });
  const id = row('CREATE_FAILED', 'ApiOrders50D9D426', { t: 10, m: 'No' });
  assert.equal(shop(DEPLOYING, path, id).failures, [
    { id: 'ApiOrders50D9D426', moment: 10, fromBar: 1, reason: 'No' },
  ]);
  assert.is(shop(DEPLOYING, { ...id, m: 'First' }, { ...id, m: 'Second' }).failures[0]?.reason, 'First');
  assert.is(shop(DEPLOYING, id, { ...id, t: 20 }).failures.length, 1);
  assert.is(shop(DEPLOYING, path, { ...id, t: 20 }).failures.length, 2, 'of another moment');
  assert.is(
    shop(path.s === undefined ? { ...path, s: 'Shop', c: [1, 4] } : path, { ...id, s: 'Shop', c: [1, 4] })
      .failures.length,
    2,
  );
  const byName = row('CREATE_FAILED', 'Id50D9D426', { n: 'Orders', t: 10 });
  assert.is(shop(DEPLOYING, row('CREATE_FAILED', 'Orders', { t: 10 }), byName).failures.length, 1);
});

test('a failure after the rollback has begun leaves it stuck', () => {
  const stuck = (state: string, more: Partial<RowSignal>, st = 'UPDATE_FAILED') =>
    shop(DEPLOYING, ofStack(state, 'Shop', { c: [1, 4], t: 10 }), inShop(st, 'R', { m: 'No', ...more }))
      .stuck;
  assert.is(stuck('UPDATE_ROLLBACK_IN_PROGRESS', { t: 11 }), 1);
  assert.is(stuck('UPDATE_ROLLBACK_IN_PROGRESS', { t: 10 }), undefined);
  assert.is(stuck('UPDATE_ROLLBACK_IN_PROGRESS', {}), undefined);
  assert.is(stuck('UPDATE_IN_PROGRESS', { t: 11 }), undefined);
  assert.is(stuck('ROLLBACK_IN_PROGRESS', { t: 9 }, 'DELETE_FAILED'), 1);
  assert.is(stuck('UPDATE_ROLLBACK_IN_PROGRESS', { t: 11 }, 'DELETE_FAILED'), undefined);
});

test('the reason below a row belongs to what the row says, and a longer text replaces its beginning', () => {
  const known = say('changeset', 'Shop');
  const text = (m: string) => ({ k: 'text', m }) as const;
  const rolling = bare('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop', { w: [40, 10] });
  assert.is(shop(known, rolling, text('Export is'), text('in use')).stackReason, 'Export is in use');
  const first = { ...rolling, m: 'Not allowed' };
  assert.is(shop(known, first, rolling, text('Other')).stackReason, 'Not allowed');
  const failed = row('CREATE_FAILED', 'Orders', { t: 10 });
  assert.equal(shop(known, failed, text('No')).failures, [
    { id: 'Orders', moment: 10, fromBar: 1, reason: 'No' },
  ]);
  const cancelled = shop(known, failed, text('Resource creation cancelled'));
  assert.equal([cancelled.failures, cancelled.cancelled], [[], ['Orders']]);
  const consequence = shop(known, failed, text('The following resource(s) failed to create: [A].'));
  assert.equal(consequence.failures, []);
  const other = row('CREATE_FAILED', 'News', { t: 11, m: 'Taken' });
  assert.equal(
    shop(known, other, failed, text('Resource creation cancelled')).failures.map(({ id }) => id),
    ['News'],
  );
  assert.equal(shop(known, row('CREATE_COMPLETE', 'Orders'), text('No')).failures, []);
  assert.equal(
    shop(known, failed, other, failed, text('No')).failures.map(({ id, reason }) => [id, reason]),
    [
      ['Orders', 'No'],
      ['News', 'Taken'],
    ],
  );
});

test('an open state is changed in place, and pruning gives it back closed', () => {
  const open = openCdk(initialCdk);
  const signals = [DEPLOYING, inShop('CREATE_COMPLETE', 'R'), say('deploying', 'Depot')];
  const state = fold(signals, open);
  assert.equal([Object.keys(state.runs), state.runs === open.runs], [['Shop#1', 'Depot#1'], true]);
  assert.equal(Object.keys(initialCdk.runs), []);
  const { open: _open, ...plain } = state;
  assert.equal(plain, fold(signals));
  assert.equal(Object.keys(state.lastKeys), ['Shop', 'Depot']);
  const pruned = pruneCdk(state);
  assert.equal(['open' in pruned, pruned.runs === state.runs], [false, false]);
  const closed = fold(signals);
  assert.equal(pruneCdk(closed), closed, 'nothing to drop');
  const before = JSON.stringify(closed);
  fold([say('deploying', 'Attic')], closed);
  assert.is(JSON.stringify(closed), before);
});

test('a rollback waits for its own stack, and a stack that is known stays itself', () => {
  const waiting = fold([say('rolling-back', 'Shop'), row('CREATE_COMPLETE', 'R', { s: 'Depot', c: [1, 2] })]);
  assert.is(waiting.rollback?.s, 'Shop');
  const begun = shop(
    say('rolling-back', 'Shop'),
    ofStack('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop', { c: [0, 2] }),
  );
  assert.equal([begun.verb, 'displayName' in begun, begun.startedAt], ['rollback', false, 1000]);
  const toolkit = [say('bootstrapping', ENVIRONMENT), say('deploying', 'my-toolkit')];
  assert.equal(touchedBy(toolkit, row('CREATE_COMPLETE', 'R', { s: 'my-toolkit', c: [1, 2] })), [
    'my-toolkit#1',
  ]);
});

test('names that every object has are names of stacks', () => {
  for (const name of ['constructor', '__proto__']) {
    assert.equal(touchedBy([], say('deploying', name)), [`${name}#1`]);
    assert.equal(touchedBy([say('deploying', name)], say('ok', name)), [`${name}#1`]);
    const opened = fold([say('deploying', name)], openCdk(initialCdk));
    assert.equal(Object.keys(opened.lastKeys), [name]);
  }
});

test('of very many runs the oldest that is over is dropped, else the oldest', () => {
  const begun = times(500, (index) => say('deploying', `Stack${index}`));
  const names = (state: CdkState) => Object.values(state.runs).map(({ name }) => name);
  assert.is(names(fold(begun)).length, 500);
  assert.equal(names(fold([...begun, DEPLOYING])).slice(0, 2), ['Stack1', 'Stack2']);
  const ended = fold([...begun, say('ok', 'Stack7'), DEPLOYING]);
  assert.equal(
    [names(ended).length, names(ended).includes('Stack7'), names(ended)[0]],
    [500, false, 'Stack0'],
  );
});

test('ended runs are dropped but for the latest 16 and those whose stack began again', () => {
  const signals = times(18, (index) => [say('deploying', `S${index}`), say('ok', `S${index}`)]).flat();
  const pruned = pruneCdk(fold([...signals, say('deploying', 'S3')]));
  const kept = Object.keys(pruned.runs);
  assert.equal([kept.length, kept[0], kept.at(-1)], [17, 'S1#1', 'S3#2']);
  assert.not.ok(kept.includes('S3#1'));
  assert.equal(Object.keys(pruned.lastKeys).toSorted(), kept.map((key) => key.slice(0, -2)).toSorted());
  assert.equal([pruned.current, pruned.closed], ['S3#2', 'S17#1']);
  assert.is(pruned.counts['S0'], 1, 'the next run of it has another key');
  const state = fold([...signals, say('bootstrapping', ENVIRONMENT)]);
  assert.is(cdk.prune(state).bootstrapping, `${ENVIRONMENT}#1`);
  const without = cdk.prune({ ...state, current: 'S0#1', bootstrapping: 'S0#1', closed: 'S0#1' });
  assert.not.ok('current' in without || 'bootstrapping' in without || 'closed' in without);
  assert.is(pruneCdk(fold([...signals, say('ok', 'S0')])).current, 'S17#1');
});

test('a nested stack is recognised by the name that CloudFormation gives it', () => {
  const isPart = (stack: string, ...before: readonly CdkSignal[]) =>
    touchedBy([DEPLOYING, ...before], row('CREATE_COMPLETE', 'R', { s: stack, c: [1, 2] }))[0] === 'Shop#1';
  assert.ok(isPart('Shop-Images-1HGXW2K9QPLM'));
  assert.ok(isPart('Shop-Images-1HGXW2K9QPLM0'));
  assert.not.ok(isPart('Shop-Images-1HGXW2K9QPL'));
  assert.not.ok(isPart('Shop-Images-1HGXW2K9QPLM01'));
  assert.not.ok(isPart('Shop-Images-ABCDEFGHIJKL'), 'letters alone may be a name');
  assert.ok(isPart('Shop-ImagesNestedStack-ABCDEFGHIJKL'));
  assert.not.ok(isPart('Shop-1HGXW2K9QPLM'), 'no logical id');
  assert.not.ok(isPart('Shops-Images-1HGXW2K9QPLM'));
  const mention = (id: string) => inShop('CREATE_IN_PROGRESS', id, { ty: STACK_TYPE });
  assert.ok(isPart('Shop-Images-a1b2c3d4', mention('Images')));
  assert.ok(isPart('Shop-I-a1b2c3d4', mention('I')));
  assert.not.ok(isPart('Shop-Images-a1b2c3d4', mention('Other')));
  const long = 'ImagesOfTheShopAndOfAllElse';
  assert.ok(isPart(`Shop-${long.slice(0, 20)}-a1b2c3d4`, mention(long)));
  assert.not.ok(isPart(`Shop-${long.slice(0, 19)}-a1b2c3d4`, mention(long)));
  assert.not.ok(isPart(`Shop-${'x'.repeat(20)}-a1b2c3d4`, mention(long)));
});

test('a nested stack is part of the nearest, and counts of names go on', () => {
  const both = [say('deploying', 'Shop'), say('deploying', 'Shop-Images')];
  const inner = row('CREATE_COMPLETE', 'R', { s: 'Shop-Images-Cdn-1HGXW2K9QPLM', c: [1, 2] });
  assert.equal(touchedBy(both, inner), ['Shop-Images#1']);
  assert.equal(touchedBy(both.toReversed(), inner), ['Shop-Images#1']);
  const unnamed = [row('CREATE_COMPLETE', 'Orders'), say('ok', 'Shop')];
  assert.equal(touchedBy([DEPLOYING, say('ok', 'Shop'), ...unnamed], say('deploying', 'Shop')), ['Shop#2']);
  assert.equal(touchedBy(unnamed, say('deploying', 'Shop')), ['Shop#2']);
});

test.run();
