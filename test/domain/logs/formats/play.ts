import type { LogFormat, Observation } from '../../../../src/domain/logs/format.ts';
import { cleanLine, splitLines } from '../../../../src/domain/logs/lines.ts';

/**
 * Plays a log, a second a line, and gives its runs in the order in which they began. The state passes through JSON
 * on the way, as it does in a store.
 */
export const play = (format: LogFormat, log: string): readonly Observation[] => {
  let state = format.initial;
  let at = 0;
  const keys = new Set<string>();
  for (const raw of splitLines(log)) {
    at += 1000;
    const signal = format.read(cleanLine(raw));
    if (signal === undefined) continue;
    const evolved = format.evolve(state, JSON.parse(JSON.stringify(signal)), at);
    state = JSON.parse(JSON.stringify(evolved.state));
    for (const key of evolved.touched) keys.add(key);
  }
  return [...keys].map((key) => format.observe(state, key)).filter((run) => run !== undefined);
};

/** The runs of a log in short: key, status and counter. */
export const inShort = (format: LogFormat, log: string): readonly string[] =>
  play(format, log).map(
    ({ key, status, current, total }) => `${key} ${status} ${current ?? '-'}/${total ?? '-'}`,
  );
