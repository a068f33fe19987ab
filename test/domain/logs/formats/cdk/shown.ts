import { readdirSync, readFileSync } from 'node:fs';
import type { Observation } from '../../../../../src/domain/logs/format.ts';
import { cdk } from '../../../../../src/domain/logs/formats/cdk/cdk.ts';
import type { CdkSignal } from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import { logReader } from '../../../../../src/domain/logs/signals.ts';

/** What a run shows, by name; `undefined` where the log does not say it. */
const fieldsOf = (run: Observation): Record<string, string | undefined> => ({
  status: run.status,
  count: run.total === null && run.current === null ? undefined : `${run.current ?? '-'}/${run.total ?? '-'}`,
  name: run.task_name,
  phase: run.details.phase,
  operation: run.details.operation,
  outcome: run.details.outcome,
  state: run.details.stack_state,
  step: run.details.current_step,
  message: run.message,
  error: run.details.error_message,
  failed: run.details.failed_resources?.join(' '),
  retained: run.details.retained_resources?.join(' '),
  metadata: run.metadata === undefined ? undefined : JSON.stringify(run.metadata),
  began: String(run.started_at / 1000),
  ended: run.ended_at === undefined ? undefined : String(run.ended_at / 1000),
});

/**
 * What each line of a log changes, one text a change: the number of the line, the run, and the fields that differ from what it
 * showed before. Line n has the time of n seconds. `heard` is a line that shows only that the run goes on.
 */
const shownByLine = (log: string): readonly string[] => {
  const shown = new Map<string, ReturnType<typeof fieldsOf>>();
  const texts: string[] = [];
  let state = cdk.initial;
  for (const { signal, line } of logReader([cdk]).read([{ id: '1', timestamp: 1000, message: log }])
    .ofStream) {
    const number = line + 1;
    // The format has read it itself.
    const evolved = cdk.evolve(state, signal as CdkSignal, number * 1000);
    state = evolved.state;
    for (const key of new Set(evolved.touched)) {
      const run = cdk.observe(state, key);
      const before = shown.get(key);
      if (run === undefined) {
        if (before !== undefined) texts.push(`${number} ${key} is part of another`);
        shown.delete(key);
        continue;
      }
      const fields = fieldsOf(run);
      shown.set(key, fields);
      const changes = Object.entries(fields)
        .filter(([name, value]) => value !== before?.[name])
        .map(([name, value]) => `${name} ${value ?? 'none'}`);
      texts.push(`${number} ${key} ${changes.length === 0 ? 'heard' : changes.join('; ')}`);
    }
  }
  return texts;
};

const FOLDER = new URL('../../../../fixtures/cdk/', import.meta.url);

/** {@link shownByLine} of each log in test/fixtures/cdk, without the lines at its head that say what is expected. */
export const shownOfFixtures = (): ReadonlyMap<string, readonly string[]> =>
  new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.log'))
      .toSorted()
      .map((file) => [
        file.replace('.log', ''),
        shownByLine(readFileSync(new URL(file, FOLDER), 'utf8').replace(/^#.*\n/gm, '')),
      ]),
  );

export const SHOWN_FILE = new URL('../../../../fixtures/cdk-shown.txt', import.meta.url);
