import { isTerminal } from '../../tasks/status.ts';
import { fraction, numberBefore, type Place, percentage } from '../hint.ts';
import { counterRuns, type RunUpdate, withText } from './kit/counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

export type PytestSignal =
  | Readonly<{ kind: 'starts' }>
  | Readonly<{ kind: 'collected'; count: number }>
  | Readonly<{
      kind: 'counter';
      current: number;
      total: number;
      test?: string;
      failed?: true;
      bad?: number;
      skipped?: number;
    }>
  | Readonly<{ kind: 'failure'; test: string; reason?: string }>
  | Readonly<{ kind: 'interrupted' }>
  | Readonly<{ kind: 'ends'; bad: number; count: number; skipped?: number; text: string }>;

type Memory = Readonly<{ interrupted: boolean }>;

/** `3 passed in 0.1s` */
/** `ERROR tests/test_b.py - …`: many loggers begin lines with that word. */
const ERROR_IN_FILE: Place = {
  characters: 'E',
  holds: (text, at) => text.startsWith('ERROR ', at) && text.slice(at, at + 320).includes('.py'),
};

const RESULT_COUNT = numberBefore(
  ' ',
  /^\d{1,7} (?:failed|passed|skipped|deselected|xfailed|xpassed|error|warning|rerun)/,
);

/**
 * pytest (source: src/_pytest/terminal.py). The counter is the `[ 45%]` or `[ 9/20]` at the end of a line; only the
 * closing line (`3 failed, 97 passed in 12.34s`) ends a run, and it decides how.
 */
export const pytest = counterRuns<PytestSignal, Memory>({
  name: 'pytest',
  stateVersion: 1,
  counts: 'done',
  hint: {
    contains: [percentage, fraction],
    begins: ['=', '!', 'collected', 'FAILED', 'no tests'],
    mayBegin: [RESULT_COUNT, ERROR_IN_FILE],
  },
  taskType: 'test',
  memory: { interrupted: false },

  read(line) {
    const tail = line.length > 400 ? line.slice(-400) : line;
    return readCounter(line, tail) ?? readFrame(headOf(line));
  },

  begins(last, signal) {
    if (signal.kind === 'starts') return isTerminal(last.status) || last.current !== null;
    // The summary of failures comes before the closing line, so after it they are another run's.
    return isTerminal(last.status) && signal.kind !== 'interrupted';
  },

  apply(run, signal): RunUpdate<Memory> | undefined {
    switch (signal.kind) {
      case 'starts':
        return { name: 'pytest', details: { phase: 'collect' } };
      case 'collected':
        return { name: 'pytest', details: { phase: 'test' }, message: `collected ${signal.count} tests` };
      case 'counter':
        return {
          name: 'pytest',
          current: signal.current,
          total: signal.total,
          ...(signal.bad !== undefined && { failed: (run?.failed ?? 0) + signal.bad }),
          ...(signal.skipped !== undefined && { skipped: (run?.skipped ?? 0) + signal.skipped }),
          details: {
            phase: 'test',
            ...(signal.test !== undefined && { current_step: signal.test }),
            ...(signal.failed &&
              signal.test !== undefined && {
                failed_resources: withText(run?.details.failed_resources, signal.test),
              }),
          },
        };
      case 'failure':
        return (
          run && {
            details: {
              failed_resources: withText(run.details.failed_resources, signal.test),
              ...(run.details.error_message === undefined &&
                signal.reason !== undefined && { error_message: signal.reason }),
            },
          }
        );
      case 'interrupted':
        return run && { memory: { interrupted: true } };
      case 'ends': {
        const status = run?.memory.interrupted ? 'cancelled' : signal.bad > 0 ? 'failed' : 'completed';
        return {
          name: 'pytest',
          status,
          ...(run?.total == null && signal.count > 0 && { current: signal.count, total: signal.count }),
          ...(signal.count > 0 && signal.bad > 0 && { failed: signal.bad }),
          ...(signal.skipped !== undefined && { skipped: signal.skipped }),
          details: {
            outcome: status === 'completed' ? 'completed' : 'failed',
            ...(status === 'failed' && { error_message: run?.details.error_message ?? signal.text }),
          },
          message: signal.text,
        };
      }
    }
  },
});

/** `tests/test_a.py ..F.. [ 45%]`, `tests/test_a.py::test_x PASSED [ 9/20]`, and a line of dots that goes on. */
const COUNTER = /\[ {0,5}(?:(\d{1,3})%|(\d{1,7})\/(\d{1,7}))\]$/;
const RESULT = /^(\S{1,300}::\S.{0,300}?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN)\b/;
const FILE = /^(\S{1,300}\.py) (?:([.FEsxXR]{1,300})(?= |$)| )/;
const MARKS = /^([.FEsxXR]{1,300}) {1,200}\[/;
/** With xdist the counter stands first, once the worker's `[gw0] ` is off. */
const XDIST =
  /^(?:\[gw\d{1,4}\] )?\[ {0,3}(\d{1,3})%\] (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S{1,300})/;

const readCounter = (line: string, tail: string): PytestSignal | undefined => {
  if (!tail.endsWith(']')) {
    const [, percent, result, test] = line[0] === '[' && line.includes('%] ') ? (XDIST.exec(line) ?? []) : [];
    if (percent === undefined || test === undefined) return undefined;
    return counter(Number(percent), 100, test, countsOf(result));
  }
  const [, percent, current, total] = COUNTER.exec(tail) ?? [];
  if (percent === undefined && current === undefined) return undefined;
  const [, test, result] = RESULT.exec(line) ?? [];
  const [, file, fileMarks] = FILE.exec(line) ?? [];
  const [, marks = fileMarks] = MARKS.exec(line) ?? [];
  if (test === undefined && file === undefined && marks === undefined) return undefined;
  const counts = countsOf(result ?? marks);
  return percent === undefined
    ? counter(Number(current), Number(total), test ?? file, counts)
    : counter(Number(percent), 100, test ?? file, counts);
};

const counter = (
  current: number,
  total: number,
  test: string | undefined,
  counts: Counts,
): PytestSignal | undefined =>
  total === 0 || current > total
    ? undefined
    : {
        kind: 'counter',
        current,
        total,
        ...(test !== undefined && { test: cut(test, TEXT_LIMITS.step) }),
        ...counts,
      };

type Counts = Readonly<{ failed?: true; bad?: number; skipped?: number }>;

/** What a line says failed or was skipped: the word of one test, or a mark of each, as in `..Fs.`. */
const countsOf = (result: string | undefined): Counts => {
  if (result === 'FAILED' || result === 'ERROR') return { failed: true, bad: 1 };
  if (result === 'SKIPPED') return { skipped: 1 };
  if (result === undefined || !/^[.FEsxXR]+$/.test(result)) return {};
  const bad = result.replaceAll(/[^FE]/g, '').length;
  const skipped = result.replaceAll(/[^s]/g, '').length;
  return { ...(bad > 0 && { bad }), ...(skipped > 0 && { skipped }) };
};

const OUTCOME =
  '\\d{1,7} (?:subtests )?(?:failed|passed|skipped|deselected|xfailed|xpassed|errors?|warnings?|rerun)';
const ENDS = new RegExp(
  `^(?:=+ )?((?:${OUTCOME}(?:, |(?= in )))+|no tests (?:ran|collected)(?:, | (?=in )|(?= in ))(?:${OUTCOME}(?:, |(?= in )))*) ?in [\\d.]{1,12}s(?: \\(\\d{1,3}:\\d\\d:\\d\\d\\))?(?: =+)?$`,
);

const BEGINNINGS = '=c!FEn0123456789';

const readFrame = (line: string): PytestSignal | undefined => {
  if (!BEGINNINGS.includes(line[0] ?? ' ')) return undefined;
  if (/^=+ test session starts =+$/.test(line)) return { kind: 'starts' };
  const [, collected] = /^collected (\d{1,7}) items?\b/.exec(line) ?? [];
  if (collected !== undefined) return { kind: 'collected', count: Number(collected) };
  if (/^!+ (?:_pytest\.outcomes\.Exit|KeyboardInterrupt)/.test(line)) return { kind: 'interrupted' };
  const [, test, reason] = /^(?:FAILED|ERROR) (\S{1,300}\.py\S{0,300})(?: - (.+))?$/.exec(line) ?? [];
  if (test !== undefined) {
    return {
      kind: 'failure',
      test: cut(test, TEXT_LIMITS.step),
      ...(reason !== undefined && { reason: cut(reason, TEXT_LIMITS.error) }),
    };
  }
  const [, outcomes] = line.includes(' in ') ? (ENDS.exec(line) ?? []) : [];
  if (outcomes === undefined) return undefined;
  const text = outcomes.trim();
  // Nothing ran is an exit code of 5, which a careful caller takes for a failure.
  return {
    kind: 'ends',
    bad: text.startsWith('no tests') ? 1 : sumOf(text, BAD),
    count: sumOf(text, RAN),
    ...(text.includes(' skipped') && { skipped: sumOf(text, SKIPPED) }),
    text,
  };
};

const BAD = /(\d+) (?:subtests )?(?:failed|errors?)/g;
const SKIPPED = /(\d+) skipped/g;
const RAN = /(\d+) (?:failed|passed|skipped|xfailed|xpassed|errors?)/g;

const sumOf = (text: string, counts: RegExp): number =>
  [...text.matchAll(counts)].reduce((sum, [, digits]) => sum + Number(digits), 0);
