import type { Observation } from '../../../../../src/domain/logs/format.ts';
import { cdk } from '../../../../../src/domain/logs/formats/cdk/cdk.ts';
import type { CdkSignal } from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import type { CdkState } from '../../../../../src/domain/logs/formats/cdk/state.ts';
import { logReader } from '../../../../../src/domain/logs/signals.ts';

/** The signals of a log, line by line, as the reader gives them. */
export const signalsOf = (log: string) =>
  logReader([cdk])
    .read([{ id: '1', timestamp: 1000, message: log }])
    .ofStream.map(({ signal }) => signal as CdkSignal);

/** The runs in a log, in the order in which they first appear. Every line has the same time. */
export const runsOf = (log: string): readonly Observation[] => {
  const keys = new Set<string>();
  let state: CdkState = cdk.initial;
  for (const signal of signalsOf(log)) {
    const evolved = cdk.evolve(state, signal, 1000);
    state = evolved.state;
    for (const key of evolved.touched) keys.add(key);
  }
  return [...keys].map((key) => cdk.observe(state, key)).filter((run) => run !== undefined);
};

/** `Stack operation outcome current/total STATE failed,resources` of each run, `-` for what the log does not say. */
export const reported = (log: string): readonly string[] =>
  runsOf(log).map(({ task_name, current, total, details }) =>
    [
      task_name,
      details.operation ?? '-',
      details.outcome ?? '-',
      `${current ?? '-'}/${total ?? '-'}`,
      details.stack_state ?? '-',
      details.failed_resources?.join(',') ?? '-',
    ].join(' '),
  );
