import { isTerminal } from '../../tasks/status.ts';
import { fraction } from '../hint.ts';
import { counterRuns, withText } from './kit/counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

export type CargoSignal =
  | Readonly<{ kind: 'bar'; current: number; total: number; step?: string }>
  | Readonly<{ kind: 'crate'; name: string; phase: string }>
  | Readonly<{ kind: 'error'; text: string }>
  | Readonly<{ kind: 'failed'; crate: string; text: string }>
  | Readonly<{ kind: 'finished' | 'untested'; text: string; tests?: true }>
  | Readonly<{ kind: 'tests'; count: number }>
  | Readonly<{ kind: 'built' | 'documentation' }>
  | Readonly<{ kind: 'test'; test: string; result: string }>
  | Readonly<{ kind: 'tested'; ok: boolean }>
  | Readonly<{ kind: 'panicked'; reason?: string }>;

/** `tests`: what runs after the build are tests, whose number each binary prints; the last ones are the documentation's. */
type Memory = Readonly<{ tests?: 'built' | 'running' | 'documentation' }>;

/**
 * cargo. On a terminal it draws a bar with a counter of crates; elsewhere it only names each crate as it begins, so
 * that crates are counted without a total. `Finished` or `could not compile` ends a build, a full bar does not. `cargo test`
 * is one run with its build: it counts tests as their binaries begin, and its last ones are those of the documentation.
 */
export const cargo = counterRuns<CargoSignal, Memory>({
  name: 'cargo',
  stateVersion: 2,
  counts: 'begun',
  revisesEnds: true,
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
      'running ',
      'Doc-tests ',
      'Executable ',
      "thread '",
    ],
  },
  taskType: 'build',
  memory: {},

  read: (line) => readLine(headOf(line)),

  isContinued: ({ kind }) => kind === 'panicked',
  readContinuation: (line, before) =>
    before.kind === 'panicked' && (before.reason === undefined || /^(?:left|right): /.test(line))
      ? { kind: 'panicked', reason: cut(`${before.reason ?? ''} ${line}`.trim(), TEXT_LIMITS.error) }
      : undefined,

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
            failed_resources: withText(run?.details.failed_resources, signal.crate),
            error_message: run?.details.error_message ?? signal.text,
          },
          message: signal.text,
        };
      case 'finished':
        return {
          name: 'cargo',
          ...(signal.tests
            ? { memory: { tests: 'built' } }
            : // `cargo run` goes on with the program, and says only that it has failed.
              { status: 'completed', concluded: true, details: { outcome: 'completed' } }),
          message: signal.text,
        };
      case 'tests': {
        const state = run?.memory.tests;
        if (run === undefined || state === undefined) return undefined;
        const isFirst = state === 'built';
        return {
          current: isFirst ? 0 : run.current,
          total: (isFirst ? 0 : (run.total ?? 0)) + signal.count,
          details: { phase: 'test' },
          ...(isFirst && { memory: { tests: 'running' } }),
        };
      }
      case 'built':
        return (
          run?.memory.tests && { status: 'completed', concluded: true, details: { outcome: 'completed' } }
        );
      case 'documentation':
        return run?.memory.tests && { memory: { tests: 'documentation' } };
      case 'tested':
        return run?.memory.tests === 'documentation' && signal.ok && !run.failed
          ? { status: 'completed', concluded: true, details: { outcome: 'completed' } }
          : undefined;
      case 'test': {
        if (run === undefined) return undefined;
        const failed = signal.result === 'FAILED';
        return {
          ...(run.memory.tests && { current: (run.current ?? 0) + 1 }),
          ...(failed && { failed: (run.failed ?? 0) + 1 }),
          ...(signal.result === 'ignored' && { skipped: (run.skipped ?? 0) + 1 }),
          details: {
            current_step: signal.test,
            ...(failed && { failed_resources: withText(run.details.failed_resources, signal.test) }),
          },
        };
      }
      case 'panicked': {
        const known = run?.details.error_message;
        return run === undefined ||
          signal.reason === undefined ||
          (known !== undefined && !signal.reason.startsWith(known))
          ? undefined
          : { details: { error_message: signal.reason } };
      }
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

const BEGINNINGS = 'BCDEFcert';

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
  const [, profile] = /^Finished `?([\w-]{1,60})(?:` profile)? \[.{1,60}\] target\(s\) in /.exec(line) ?? [];
  if (profile !== undefined) {
    const tests = profile === 'test' || profile === 'bench';
    return { kind: 'finished', text: cut(line, TEXT_LIMITS.message), ...(tests && { tests }) };
  }
  // `cargo test --no-run` names what it has built.
  if (/^Executable (?:unittests |tests\/|benches\/)/.test(line)) return { kind: 'built' };
  // A logger in between may have taken `error: ` for a level.
  const [, crate] = /^(?:error: )?could not (?:compile|document) `([\w-]{1,80})`/.exec(line) ?? [];
  if (crate !== undefined) return { kind: 'failed', crate, text: cut(line, TEXT_LIMITS.message) };
  if (ENDS_BADLY.test(line)) return { kind: 'untested', text: cut(line, TEXT_LIMITS.message) };
  const [, test, result] =
    /^test (\S{1,200}(?: - .{1,120})?) \.\.\. (ok|FAILED|ignored)(?:, .*| <\d{1,7}\.\d{1,6}s>)?$/.exec(
      line,
    ) ?? [];
  if (test !== undefined) return { kind: 'test', test, result: result ?? '' };
  const [, count] = /^running (\d{1,6}) tests?$/.exec(line) ?? [];
  if (count !== undefined) return { kind: 'tests', count: Number(count) };
  if (/^Doc-tests \S+$/.test(line)) return { kind: 'documentation' };
  const [, verdict] = /^test result: (ok|FAILED)\. \d{1,7} passed; /.exec(line) ?? [];
  if (verdict !== undefined) return { kind: 'tested', ok: verdict === 'ok' };
  const [, panic] = /^thread '.{1,200}' (?:\(\d{1,10}\) )?panicked at (\S.*)$/.exec(line) ?? [];
  if (panic !== undefined) return readPanic(panic);
  const [, error] = /^(error\[E\d{4}\]: .+)$/.exec(line) ?? [];
  return error === undefined ? undefined : { kind: 'error', text: cut(error, TEXT_LIMITS.error) };
};

/** How tests, the program of `cargo run` and the script of a build fail. */
const ENDS_BADLY =
  /^error: (?:test failed, to rerun pass|test run failed$|\d{1,6} targets? failed:|doctest failed|process didn't exit successfully: |failed to run custom build command for )/;

/** Up to Rust 1.72 the reason stood before the place, since then in the lines after it. */
const readPanic = (text: string): CargoSignal | undefined => {
  const [, reason] = /^'(.{1,1500})', \S{1,300}:\d{1,7}:\d{1,7}$/.exec(text) ?? [];
  if (reason !== undefined) return { kind: 'panicked', reason };
  return /^\S{1,300}:\d{1,7}:\d{1,7}:$/.test(text) ? { kind: 'panicked' } : undefined;
};
