// Signals of CDK output for tests of the rules that put them together.
import { cdk } from '../../../../../src/domain/logs/formats/cdk/cdk.ts';
import { evolveCdk } from '../../../../../src/domain/logs/formats/cdk/fold.ts';
import { STACK_TYPE } from '../../../../../src/domain/logs/formats/cdk/rows.ts';
import type { Run } from '../../../../../src/domain/logs/formats/cdk/run.ts';
import type { CdkSignal, RowSignal, SaidSignal } from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import { type CdkState, initialCdk } from '../../../../../src/domain/logs/formats/cdk/state.ts';

export const ENVIRONMENT = 'aws://111122223333/eu-west-1';
/** A name that CloudFormation gives to a stack nested in `Shop`. */
export const NESTED = 'Shop-ImagesNestedStackImages8A7B6C5D-1HGXW2K9QPLM0';

export const say = (v: SaidSignal['v'], s: string, more: Partial<SaidSignal> = {}): SaidSignal => ({
  ...{ k: 'say', v, s },
  ...more,
});
export const row = (st: string, id: string, more: Partial<RowSignal> = {}): RowSignal => ({
  ...{ k: 'row', st, ty: 'AWS::SQS::Queue', n: id, i: id },
  ...more,
});
/** A row of a stack about itself. */
export const ofStack = (st: string, s: string, more: Partial<RowSignal> = {}): RowSignal =>
  row(st, s, { s, ty: STACK_TYPE, ...more });
/** The same as the bar prints it, without the column of the stack. */
export const bare = (st: string, i: string, more: Partial<RowSignal> = {}): RowSignal =>
  row(st, i, { ty: STACK_TYPE, ...more });

/** One signal a second. */
export const fold = (signals: readonly CdkSignal[], from: CdkState = initialCdk): CdkState =>
  signals.reduce<CdkState>(
    (state, signal, index) => evolveCdk(state, signal, (index + 1) * 1000).state,
    from,
  );
export const touchedBy = (before: readonly CdkSignal[], signal: CdkSignal): readonly string[] =>
  evolveCdk(fold(before), signal, 1_000_000).touched;

export const runIn = (state: CdkState, key: string): Run => {
  const run = state.runs[key];
  if (run === undefined) throw new Error(`no run ${key}, only ${Object.keys(state.runs).join(' ')}`);
  return run;
};
export const run = (key: string, ...signals: readonly CdkSignal[]): Run => runIn(fold(signals), key);
export const seen = (key: string, ...signals: readonly CdkSignal[]) => {
  const found = cdk.observe(fold(signals), key);
  if (found === undefined) throw new Error(`nothing to see of ${key}`);
  return found;
};
export const DEPLOYING = say('deploying', 'Shop', { p: [1, 1] });
