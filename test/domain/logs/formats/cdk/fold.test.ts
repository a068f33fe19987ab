// The rules of the fold that no log of the fixtures shows alone, in signals.
import * as assert from 'uvu/assert';
import { evolveCdk } from '../../../../../src/domain/logs/formats/cdk/fold.ts';
import { STACK_TYPE } from '../../../../../src/domain/logs/formats/cdk/rows.ts';
import type {
  CdkSignal,
  ListedSignal,
  RowSignal,
} from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import { type CdkState, initialCdk } from '../../../../../src/domain/logs/formats/cdk/state.ts';
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
  seen,
  touchedBy,
} from './folding.ts';

const test = suite('CDK logs, the fold');

test('a text belongs to the line right before it and to no other', () => {
  const failed = row('CREATE_FAILED', 'Orders');
  const text = { k: 'text', m: 'Name is taken' } as const;
  assert.is(seen('Shop#1', DEPLOYING, failed, text).details.error_message, 'Name is taken');
  const bar = { k: 'bar', c: [1, 3] } as const;
  assert.is(seen('Shop#1', DEPLOYING, failed, bar, text).details.error_message, undefined);
  assert.not.ok('continued' in fold([DEPLOYING, failed, bar]));
});

test('the bar counts until the run is over', () => {
  const bar = { k: 'bar', c: [2, 5] } as const;
  const at = seen('Shop#1', DEPLOYING, bar);
  assert.equal([at.current, at.total], [2, 5]);
  const after = [DEPLOYING, bar, say('ok', 'Shop')];
  assert.equal(touchedBy(after, { k: 'bar', c: [1, 9] }), []);
  assert.is(seen('Shop#1', ...after, { k: 'bar', c: [1, 9] }).total, 5);
});

test('a list of causes counts for a run that may still fail', () => {
  const listed = { k: 'listed', ids: ['Orders'] } as const;
  assert.equal(touchedBy([DEPLOYING], listed), ['Shop#1']);
  assert.equal(run('Shop#1', DEPLOYING, say('failed', 'Shop'), listed).listed, ['Orders']);
  assert.equal(touchedBy([DEPLOYING, say('ok', 'Shop')], listed), []);
});

test('a list that goes on in the next lines is put together, up to 8,000 characters', () => {
  const listOf = (...parts: readonly Partial<ListedSignal>[]) => {
    const signals = parts.map((part) => ({ k: 'listed', ids: [], ...part }) as const);
    const { listed, openList } = run('Shop#1', DEPLOYING, ...signals);
    return [listed, openList];
  };
  assert.equal(listOf({ begun: 'Orders, Ne' }), [[], 'Orders, Ne']);
  assert.equal(listOf({ begun: 'Orders, Ne' }, { more: 'ws, Da' }), [['Orders', 'News'], 'Orders, News, Da']);
  assert.equal(listOf({ begun: 'Orders, Ne' }, { more: 'ws, Da' }, { more: 'ta]. And, more' }), [
    ['Orders', 'News', 'Data'],
    undefined,
  ]);
  assert.equal(listOf({ begun: 'Orders' }, { more: '] ] x' }), [['Orders'], undefined]);
  assert.equal(listOf({ more: 'ws, Data]' }), [[], undefined]);
  assert.equal(listOf({ begun: 'Orders' }, { more: 'x' }, { ids: ['News'] }), [['News'], undefined]);
  const longest = 'x'.repeat(7_999);
  assert.is(listOf({ begun: 'a' }, { more: longest })[1]?.length, 8_000);
  assert.is(listOf({ begun: 'ab' }, { more: longest })[1], undefined);
});

test('a row of a stack that was never named belongs to itself, also while an environment is bootstrapped', () => {
  const bootstrapping = say('bootstrapping', ENVIRONMENT);
  assert.equal(touchedBy([bootstrapping], row('CREATE_IN_PROGRESS', 'Orders', { s: 'Shop' })), ['Shop#1']);
  // Its change set may be of a stack of any name.
  assert.equal(touchedBy([bootstrapping], say('changeset', 'Mine')), [`${ENVIRONMENT}#1`]);
});

test('the stack of an environment is found by its first row, and stacks nested in it are part of it', () => {
  const key = `${ENVIRONMENT}#1`;
  const bootstrapping = say('bootstrapping', ENVIRONMENT);
  const begun = [bootstrapping, ofStack('CREATE_IN_PROGRESS', 'CDKToolkit')];
  assert.is(seen(key, ...begun).details.stack_state, 'CREATE_IN_PROGRESS');
  assert.is(run(key, ...begun).stack, 'CDKToolkit');
  const inner = ofStack('CREATE_COMPLETE', 'CDKToolkit-SubNestedStackSub8A7B6C5D-1HGXW2K9QPLM0');
  assert.is(seen(key, ...begun, inner).details.stack_state, 'CREATE_IN_PROGRESS');
  // The same from the rows of the bar.
  const bar = [bootstrapping, bare('CREATE_IN_PROGRESS', 'CDKToolkit')];
  assert.equal(
    [run(key, ...bar).stack, seen(key, ...bar).details.stack_state],
    ['CDKToolkit', 'CREATE_IN_PROGRESS'],
  );
  assert.is(seen(key, ...bar, { ...inner, s: undefined } as never).details.stack_state, 'CREATE_IN_PROGRESS');
  assert.is(run(key, ...bar, row('CREATE_IN_PROGRESS', 'Bucket')).stack, 'CDKToolkit');
});

test('the first row may be of a nested stack, which is not the end of its parent', () => {
  const nested = ofStack('CREATE_COMPLETE', NESTED, { c: [3, 7] });
  const first = run('Shop#1', DEPLOYING, nested);
  assert.equal([first.stack, first.stackState, first.current, first.total], [undefined, undefined, 3, 7]);
  const then = [DEPLOYING, nested, ofStack('CREATE_COMPLETE', NESTED, { c: [4, null] })];
  assert.equal([run('Shop#1', ...then).current, run('Shop#1', ...then).total], [4, 7]);
  const without = [...then, ofStack('CREATE_COMPLETE', NESTED)];
  assert.equal([run('Shop#1', ...without).current, run('Shop#1', ...without).total], [4, 7]);
  const own = run('Shop#1', ...without, ofStack('CREATE_IN_PROGRESS', 'Shop'));
  assert.equal([own.stack, own.stackState], ['Shop', 'CREATE_IN_PROGRESS']);
  // A resource of the nested stack fails within it.
  const inside = run('Shop#1', DEPLOYING, row('CREATE_FAILED', 'Orders', { s: NESTED, m: 'No' }));
  assert.equal([inside.stack, inside.failures[0]?.inNested], [undefined, 1]);
});

test('a row that mentions a nested stack takes in the run that was held for independent', () => {
  const independent = row('CREATE_FAILED', 'Orders', { s: 'Shop-Images-a1b2c3d4', m: 'No' });
  const before = [ofStack('CREATE_IN_PROGRESS', 'Shop'), independent];
  assert.is(run('Shop-Images-a1b2c3d4#1', ...before).failures.length, 1);
  const mention = row('CREATE_IN_PROGRESS', 'Images', { s: 'Shop', ty: STACK_TYPE });
  assert.equal(touchedBy(before, mention), ['Shop-Images-a1b2c3d4#1', 'Shop#1']);
  const whole = fold([...before, mention]);
  assert.equal(Object.keys(whole.runs), ['Shop#1']);
  assert.is(runIn(whole, 'Shop#1').failures[0]?.inNested, 1);
});

test('after a run was dropped, only the first state of its stack begins another', () => {
  const dropped: CdkState = { ...initialCdk, counts: { Shop: 1 } };
  const touched = (signal: RowSignal) => evolveCdk(dropped, signal, 1000).touched;
  assert.equal(touched(row('CREATE_COMPLETE', 'Orders', { s: 'Shop' })), []);
  assert.equal(touched(ofStack('CREATE_COMPLETE', 'Shop')), []);
  assert.equal(touched(ofStack('UPDATE_IN_PROGRESS', 'Shop')), ['Shop#2']);
  assert.equal(touched(row('CREATE_COMPLETE', 'Orders', { s: 'Depot' })), ['Depot#1']);
});

const ended = [
  ofStack('CREATE_IN_PROGRESS', 'Shop', { t: 100, c: [0, 2] }),
  ofStack('CREATE_COMPLETE', 'Shop', { t: 110, c: [2, 2] }),
  say('ok', 'Shop'),
];

test('a row that does not belong to the last run of its stack begins the next', () => {
  const later = { t: 900, c: [0, 9] } as const;
  assert.equal(touchedBy(ended, ofStack('UPDATE_IN_PROGRESS', 'Shop', later)), ['Shop#2']);
  assert.equal(touchedBy(ended, row('CREATE_COMPLETE', 'Orders', { s: 'Shop', ...later })), ['Shop#2']);
  const update = bare('UPDATE_IN_PROGRESS', 'Shop', { t: 900 });
  const end = [bare('CREATE_COMPLETE', 'Shop', { t: 100 }), say('ok', 'Shop')];
  const known = fold([say('changeset', 'Shop'), ...end, update]);
  assert.is(known.current, 'Shop#2');
  assert.equal(
    [runIn(known, 'Shop#2').stack, runIn(known, 'Shop#2').stackState],
    ['Shop', 'UPDATE_IN_PROGRESS'],
  );
  assert.not.ok('stack' in run('Shop#2', DEPLOYING, ...end, update));
});

test('the first row of the bar that is about a stack names the run', () => {
  const first = seen('unnamed#1', bare('UPDATE_IN_PROGRESS', 'Shop'));
  assert.equal([first.task_name, first.details.stack_state], ['Shop', 'UPDATE_IN_PROGRESS']);
  const later = seen(
    'unnamed#1',
    row('UPDATE_FAILED', 'Orders', { m: 'No' }),
    bare('UPDATE_ROLLBACK_IN_PROGRESS', 'Shop'),
  );
  assert.equal([later.task_name, later.details.outcome], ['Shop', 'rolling_back']);
  const failed = run('unnamed#1', row('UPDATE_FAILED', 'Orders', { m: 'No' }));
  assert.is(failed.failures[0]?.inNested, undefined);
});

test('of a nested stack the bar shows only that it goes on', () => {
  for (const begun of [[DEPLOYING], [DEPLOYING, bare('CREATE_IN_PROGRESS', 'Shop')]]) {
    const before = run('Shop#1', ...begun);
    const after = run('Shop#1', ...begun, bare('CREATE_FAILED', NESTED, { c: [2, 4], m: 'No' }));
    assert.equal(
      [after.rows, after.failures, after.stackState, after.current, after.total],
      [before.rows, before.failures, before.stackState, 2, 4],
    );
    assert.ok(after.lastAt > before.lastAt);
    const resource = run('Shop#1', ...begun, bare('CREATE_FAILED', 'Images', { m: 'No' }));
    assert.is(resource.failures[0]?.id, 'Images', 'in the parent it is a resource');
  }
});

test('a hotswap may be the first that is heard, by the lines that no other program prints', () => {
  const began = (v: 'start' | 'done' | 'full', n?: string) =>
    touchedBy([], { k: 'hot', v, ...(n === undefined ? {} : { n }) });
  assert.equal(
    [began('start'), began('done', 'Handler'), began('start', 'Handler'), began('full')],
    [['unnamed#1'], ['unnamed#1'], [], []],
  );
});

test('a hotswap lists what it works on, the last 64, and nothing after its end', () => {
  const start = (n: string) => ({ k: 'hot', v: 'start', n }) as const;
  const many = Array.from({ length: 65 }, (_, index) => start(`Handler ${index}`));
  const all = run('Shop#1', DEPLOYING, ...many).inProgress;
  assert.equal([all.length, all[0]?.[0], all[63]?.[0]], [64, 'Handler 1', 'Handler 64']);
  assert.equal(touchedBy([DEPLOYING, say('ok', 'Shop')], start('Handler')), []);
});

test('lines about what is in progress show that the only run of these stacks goes on', () => {
  const two = [DEPLOYING, say('deploying', 'Depot')];
  const busy = (...ids: readonly string[]) => ({ k: 'busy', ids }) as const;
  assert.equal(touchedBy(two, busy('Shop', 'Other', 'Shop')), ['Shop#1']);
  assert.equal(touchedBy(two, busy('Shop', 'Depot')), []);
  assert.equal(touchedBy(two, busy('Other')), []);
  assert.equal(touchedBy([...two, say('ok', 'Depot')], busy('Shop', 'Depot')), ['Shop#1']);
});

test('an asset belongs to the stack that it names, or to the current one, before its first row', () => {
  const two = [DEPLOYING, say('deploying', 'Depot')];
  const asset = { k: 'asset', v: 'building' } as const;
  assert.equal(touchedBy(two, { ...asset, s: 'Shop' }), ['Shop#1']);
  assert.equal(touchedBy(two, asset), ['Depot#1']);
  assert.equal(touchedBy([], asset), []);
  assert.equal(touchedBy([...two, say('ok', 'Depot')], asset), []);
  assert.equal(touchedBy([DEPLOYING, row('CREATE_COMPLETE', 'Orders', { s: 'Shop' })], asset), []);
});

test('assets are those that have begun and not ended, at most 100 of them', () => {
  const asset = (n: string, e?: 'done' | 'failed') =>
    ({ k: 'asset', v: 'building', n, ...(e === undefined ? {} : { e }) }) as const;
  const assetsOf = (...signals: readonly CdkSignal[]) => fold(signals).assets;
  assert.equal(assetsOf(asset('a'), asset('b'), asset('a')), ['b', 'a']);
  assert.equal(assetsOf(asset('a'), asset('b'), asset('a', 'done')), ['b']);
  assert.not.ok('assets' in fold([asset('a'), asset('a', 'done')]));
  assert.not.ok('assets' in fold([{ k: 'asset', v: 'building' }]));
  assert.equal(assetsOf(asset('a'), { k: 'asset', v: 'building' }), ['a']);
  assert.is(assetsOf(asset('a'), asset('b'), asset('a', 'failed')), undefined, 'the command ends');
  assert.is(assetsOf(asset('a'), say('failed', 'Shop')), undefined);
  assert.is(assetsOf(asset('a'), { k: 'error', m: 'No' }), undefined);
  const many = Array.from({ length: 101 }, (_, index) => asset(`a${index}`));
  assert.equal([assetsOf(...many)?.length, assetsOf(...many)?.[0]], [100, 'a1']);
});

test('a display name is another name of its stack', () => {
  assert.equal(fold([say('deploying', 'Prod-Shop', { d: 'Prod/Shop' })]).aliases, {
    'Prod/Shop': 'Prod-Shop',
  });
  assert.equal(fold([say('deploying', 'Shop', { d: 'Shop' })]).aliases, {});
  assert.equal(fold([say('deploying', 'Shop')]).aliases, {});
});

test('a rollback that is announced waits for its rows, and a deployment that begins takes it over', () => {
  const announced = fold([say('rolling-back', 'Shop')]);
  assert.equal(announced.rollback, { s: 'Shop', at: 1000 });
  assert.equal(fold([say('rolling-back', 'Prod-Shop', { d: 'Prod/Shop' })]).rollback, {
    ...{ s: 'Prod-Shop', d: 'Prod/Shop', at: 1000 },
  });
  for (const name of ['Shop', 'Depot'])
    assert.is(fold([say('rolling-back', 'Shop'), say('deploying', name)]).rollback, undefined);
  assert.is(seen('Shop#1', say('rolling-back', 'Shop'), DEPLOYING).details.operation, undefined);
});

test('the line that begins a deployment may come twice, and another one begins another run', () => {
  const { p: _position, ...again } = DEPLOYING;
  const rows = [DEPLOYING, row('CREATE_COMPLETE', 'Orders', { s: 'Shop' })];
  assert.equal(touchedBy([DEPLOYING], DEPLOYING), ['Shop#1']);
  assert.equal(touchedBy(rows, again), ['Shop#1']);
  assert.equal(touchedBy(rows, DEPLOYING), ['Shop#2']);
  assert.equal(touchedBy(rows, say('destroying', 'Shop')), ['Shop#2']);
  assert.equal(touchedBy([again, ...rows.slice(1)], again), ['Shop#2']);
  assert.equal(touchedBy([DEPLOYING, { k: 'hot', v: 'start' }], DEPLOYING), ['Shop#2']);
  assert.is(fold([DEPLOYING]).bootstrapping, undefined);
});

test.run();
