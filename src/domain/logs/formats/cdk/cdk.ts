import type { LogFormat } from '../../format.ts';
import { isContinued, readContinuation, readReasonText } from './continued.ts';
import { evolveCdk } from './fold.ts';
import { readFrame } from './frame.ts';
import { HINT } from './hint.ts';
import { observeRun } from './observe.ts';
import { readCutRow, readRow } from './rows.ts';
import type { CdkSignal } from './signals.ts';
import { type CdkState, initialCdk, openCdk, pruneCdk } from './state.ts';

/**
 * The output of the AWS CDK while it deploys, destroys, hotswaps, imports and bootstraps: event rows of all versions,
 * the progress bar, and the lines around them. A task is one run of one stack; see docs/log-formats.md.
 */
export const cdk: LogFormat<CdkSignal, CdkState> = {
  name: 'cdk',
  stateVersion: 2,
  counts: 'done',
  hint: HINT,
  read: (line) => readRow(line) ?? readFrame(line) ?? readReasonText(line) ?? readCutRow(line),
  isContinued,
  readContinuation,
  runs: ['buildkit', 'docker-build', 'cargo', 'ninja', 'yarn', 'gradle', 'plain'],
  isWorking: ({ assets }) => assets !== undefined,
  initial: initialCdk,
  open: openCdk,
  evolve: evolveCdk,
  observe: (state, key) => {
    const run = state.runs[key];
    return run === undefined ? undefined : observeRun(run);
  },
  prune: pruneCdk,
};
