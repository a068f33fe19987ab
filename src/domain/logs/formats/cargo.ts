import { isTerminal } from '../../tasks/status.ts';
import { fraction } from '../hint.ts';
import { counterRuns, withText } from './kit/counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

export type CargoSignal =
  | Readonly<{ kind: 'bar'; current: number; total: number; step?: string }>
  | Readonly<{ kind: 'crate'; name: string; phase: string }>
  | Readonly<{ kind: 'error'; text: string }>
  | Readonly<{ kind: 'failed'; crate: string; text: string }>
  | Readonly<{ kind: 'finished' | 'untested'; text: string }>
  | Readonly<{ kind: 'test'; test: string }>;

/**
 * cargo. On a terminal it draws a bar with a counter of crates; elsewhere it only names each crate as it begins, so
 * that crates are counted without a total. `Finished` or `could not compile` ends a run, a full bar does not.
 */
export const cargo = counterRuns<CargoSignal, null>({
  name: 'cargo',
  stateVersion: 1,
  hint: {
    contains: [fraction],
    begins: [
      'Checking',
      'Compiling',
      'Documenting',
      'Downloaded',
      'Finished ',
      'error',
      'could not ',
      'test ',
    ],
  },
  taskType: 'build',
  memory: null,

  read: (line) => readLine(headOf(line)),

  begins: (last, { kind }) =>
    isTerminal(last.status) && (kind === 'bar' || kind === 'crate' || kind === 'finished'),

  apply(run, signal) {
    switch (signal.kind) {
      case 'bar':
        return {
          name: 'cargo',
          current: signal.current,
          total: signal.total,
          details: { ...(signal.step !== undefined && { current_step: signal.step }) },
        };
      case 'crate': {
        const counts = run?.total == null && signal.phase !== 'download';
        return {
          name: 'cargo',
          ...(counts && { current: (run?.current ?? 0) + 1 }),
          details: { phase: signal.phase, current_step: signal.name },
        };
      }
      case 'error':
        return run && run.details.error_message === undefined
          ? { details: { error_message: signal.text } }
          : undefined;
      case 'failed':
        return {
          name: 'cargo',
          status: 'failed',
          details: {
            outcome: 'failed',
            failed_resources: [...(run?.details.failed_resources ?? []), signal.crate].slice(0, 20),
            error_message: run?.details.error_message ?? signal.text,
          },
          message: signal.text,
        };
      case 'finished':
        return {
          name: 'cargo',
          status: 'completed',
          // The tests run after it, and say only that one has failed.
          concluded: true,
          details: { outcome: 'completed' },
          message: signal.text,
        };
      case 'test':
        return run && { details: { failed_resources: withText(run.details.failed_resources, signal.test) } };
      case 'untested':
        return (
          run && {
            status: 'failed',
            details: { outcome: 'failed', error_message: run.details.error_message ?? signal.text },
            message: signal.text,
          }
        );
    }
  },
});

const BAR = /^(?:Building|Checking|Compiling) \[[=> -]{0,400}\] (\d{1,7})\/(\d{1,7})(?:: (.*))?$/;
const CRATE = /^(Compiling|Checking|Documenting|Downloaded) ([A-Za-z][\w-]{0,80} v\d[\w.+-]{0,60})(?: |$)/;
const PHASES: Readonly<Record<string, string>> = {
  Compiling: 'build',
  Checking: 'check',
  Documenting: 'doc',
  Downloaded: 'download',
};

const BEGINNINGS = 'BCDFcet';

const readLine = (text: string): CargoSignal | undefined => {
  const line = text.trim();
  if (!BEGINNINGS.includes(line[0] ?? ' ')) return undefined;
  const [, current, total, step] = BAR.exec(line) ?? [];
  if (current !== undefined) {
    if (Number(total) === 0 || Number(current) > Number(total)) return undefined;
    const shown = step === undefined || step === '' ? {} : { step: cut(step, TEXT_LIMITS.step) };
    return { kind: 'bar', current: Number(current), total: Number(total), ...shown };
  }
  const [, verb = '', name] = CRATE.exec(line) ?? [];
  if (name !== undefined) return { kind: 'crate', name, phase: PHASES[verb] ?? 'build' };
  if (/^Finished (?:`[\w-]{1,60}` profile|[\w-]{1,60}) \[.{1,60}\] target\(s\) in /.test(line)) {
    return { kind: 'finished', text: cut(line, TEXT_LIMITS.message) };
  }
  // A logger in between may have taken `error: ` for a level.
  const [, crate] = /^(?:error: )?could not (?:compile|document) `([\w-]{1,80})`/.exec(line) ?? [];
  if (crate !== undefined) return { kind: 'failed', crate, text: cut(line, TEXT_LIMITS.message) };
  if (/^error: (?:test failed, to rerun pass|\d{1,6} targets? failed:|doctest failed)/.test(line))
    return { kind: 'untested', text: cut(line, TEXT_LIMITS.message) };
  const [, test] = /^test (\S{1,200}(?: - \S{1,80})?) \.\.\. FAILED$/.exec(line) ?? [];
  if (test !== undefined) return { kind: 'test', test };
  const [, error] = /^(error\[E\d{4}\]: .+)$/.exec(line) ?? [];
  return error === undefined ? undefined : { kind: 'error', text: cut(error, TEXT_LIMITS.error) };
};
