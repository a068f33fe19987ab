import { isTerminal } from '../../tasks/status.ts';
import { fraction, percentage } from '../hint.ts';
import { counterRuns, type Run, withText } from './kit/counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

export type NinjaSignal =
  | Readonly<{ kind: 'counter'; tool: string; current: number; total: number; step: string; closes: boolean }>
  | Readonly<{ kind: 'failed'; target?: string }>
  | Readonly<{ kind: 'diagnosed'; text: string }>
  | Readonly<{ kind: 'stopped'; text: string; interrupted: boolean }>
  | Readonly<{ kind: 'idle' }>;

/**
 * Ninja (source: src/status_printer.cc) and the Makefiles of CMake. Neither prints a closing line on success, so a full
 * counter concludes a run: Ninja's counts finished steps, and CMake's 100 % counts once a target is built. An explicit
 * failure right after it corrects that, as the failing step may be the last one. The compiler says why a step failed:
 * Ninja prints that after the step's failure, make before it.
 */
export const ninja = counterRuns<NinjaSignal, null>({
  name: 'ninja',
  stateVersion: 1,
  counts: 'done',
  revisesEnds: true,
  hint: {
    contains: [
      fraction,
      percentage,
      ': error: ',
      ': fatal error: ',
      ': error ',
      ': fatal error ',
      ': undefined reference to ',
    ],
    begins: ['FAILED', 'ninja: ', 'make', 'gmake'],
  },
  taskType: 'build',
  memory: null,

  read: (line) => readLine(headOf(line)),

  // make may have been running any tool.
  lineOf: (signal) => (signal.kind === 'stopped' && !signal.interrupted ? signal.text : undefined),

  begins(last, signal) {
    if (signal.kind === 'idle') return true;
    if (signal.kind !== 'counter') return false;
    return isTerminal(last.status) ? !isFull(signal) || !isFull(last) : startsOver(last, signal);
  },

  apply(run, signal) {
    switch (signal.kind) {
      case 'counter':
        return {
          name: signal.tool,
          current: signal.current,
          total: signal.total,
          details: { phase: 'build', current_step: signal.step },
          ...(signal.closes && { status: 'completed', concluded: true }),
        };
      case 'failed':
        if (run === undefined) return undefined;
        return {
          // After the last step only this line says that the build has failed.
          ...(isTerminal(run.status) && { status: 'failed' }),
          details: {
            ...(signal.target !== undefined && {
              failed_resources: withText(run.details.failed_resources, signal.target),
            }),
            ...(signal.target !== undefined &&
              run.details.error_message === undefined && { error_message: `${FAILED}${signal.target}` }),
          },
        };
      case 'diagnosed': {
        const known = run?.details.error_message;
        if (run === undefined || (known !== undefined && !known.startsWith(FAILED))) return undefined;
        return { details: { error_message: signal.text } };
      }
      case 'stopped':
        if (run === undefined && !signal.text.startsWith('ninja: ')) return undefined;
        return {
          name: run?.name ?? 'ninja',
          status: signal.interrupted ? 'cancelled' : 'failed',
          details: { outcome: 'failed', error_message: run?.details.error_message ?? signal.text },
          message: signal.text,
        };
      case 'idle':
        return {
          name: 'ninja',
          status: 'completed',
          details: { operation: 'none', outcome: 'no_changes' },
          message: 'no work to do',
        };
    }
  },
});

/** Which step failed, until a line says why. */
const FAILED = 'FAILED: ';

const isFull = ({ current, total }: Pick<Run, 'current' | 'total'>): boolean =>
  current !== null && total !== null && current >= total;

const startsOver = (
  last: Run<null>,
  { current, total }: Readonly<{ current: number; total: number }>,
): boolean => last.current !== null && current < last.current && (current <= 1 || total < (last.total ?? 0));

/**
 * `[12/345] Building CXX object …`. Other tools number their steps like this as well, so what follows must be the
 * work of a build: the words of CMake, Meson and GN, a compiler's name, or a file that a build makes.
 */
const STEP = /^\[ {0,7}(\d{1,7})\/(\d{1,7})\] (\S.*)$/;
const WORK =
  /^(?:(?:Building|Linking|Compiling|Generating|Archiving|Automatic|Copying|Re-running|Re-checking|Scanning) |(?:ACTION|AR|CC|CXX|LINK|SOLINK|ALINK|ASM|COPY|STAMP|RUST|OBJCXX?|PROTO|MOC|UIC|RCC)\b|(?:\S{0,200}\/)?(?:g?cc|g\+\+|clang|clang\+\+|c\+\+|cc|ld|ar|rustc|cl\.exe)(?:-\d+)? |cd \S{1,300} && |cmd\.exe \/C |Performing \w{1,40} step for |Completed '|No \w{1,40} step for |Creating directories for |Running utility command for )|\.(?:o|obj|so|a|dll|lib|dylib|rlib|cpp|cc|cxx|stamp)(?:\.\d+)*$/;
/** A package manager's numbered steps begin with the same words. */
const NOT_WORK = /^(?:Linking dependencies|Building fresh packages|Building packages)/;
const MAKE =
  /^\[ {0,2}(\d{1,3})%\] ((?:Building|Linking|Built target|Generating|Automatic|Running|Completed|Creating|Performing|No \w+ step for)\b.*)$/;

/** `src/a.c:1:23: error: ‘x’ undeclared`, as GCC, Clang and compatible compilers print it. */
const DIAGNOSIS = /^[^\s:][^:]{0,500}:\d{1,7}(?::\d{1,7})?: (?:fatal )?error: \S/;
/** `a.c:(.text+0x9): undefined reference to `x'`, as the linker prints it. */
const UNDEFINED = /^\S.{0,400}: undefined reference to \S/;
/** `C:\src\a.c(3): fatal error C1083: Cannot open include file`, as Microsoft's compiler and linker print it. */
const MICROSOFT =
  /^(?:(?:[A-Za-z]:)?[^\s:(][^:(]{0,500}\(\d{1,7}(?:,\d{1,7})?\) ?|LINK |[\w.-]{1,80}\.(?:obj|lib) ): (?:fatal )?error [A-Z]{1,4}\d{1,5}: \S/;

const readLine = (line: string): NinjaSignal | undefined => {
  const isDiagnosis = line.includes('error: ') && DIAGNOSIS.test(line);
  const isUndefined = line.includes(': undefined reference to ') && UNDEFINED.test(line);
  if (isDiagnosis || isUndefined || (line.includes('error ') && MICROSOFT.test(line)))
    return { kind: 'diagnosed', text: cut(line, TEXT_LIMITS.error) };
  switch (line[0]) {
    case '[':
      return readCounter(line);
    case 'F': {
      const [, target] = /^FAILED: (?:\[code=-?\d{1,10}\] )?(\S{1,500})\s{0,8}$/.exec(line) ?? [];
      return target === undefined ? undefined : { kind: 'failed', target: cut(target, TEXT_LIMITS.step) };
    }
    case 'n':
      if (line.startsWith('ninja: no work to do')) return { kind: 'idle' };
      if (!/^ninja: (?:build stopped|error|fatal): /.test(line)) return undefined;
      return {
        kind: 'stopped',
        text: cut(line, TEXT_LIMITS.message),
        interrupted: line.includes('interrupted'),
      };
    case 'm':
    case 'g':
      if (!/^g?make(?:\[\d{1,3}\])?: \*\*\* .{0,1000}(?:Error \d+|Stop\.|Interrupt)/.test(line))
        return undefined;
      return {
        kind: 'stopped',
        text: cut(line, TEXT_LIMITS.message),
        interrupted: line.endsWith('Interrupt'),
      };
    default:
      return undefined;
  }
};

const readCounter = (line: string): NinjaSignal | undefined => {
  const [, current, total, work] = STEP.exec(line) ?? [];
  if (work !== undefined) {
    const count = { current: Number(current), total: Number(total) };
    if (count.total === 0 || count.current > count.total || !WORK.test(work) || NOT_WORK.test(work))
      return undefined;
    // Ninja regenerates its own build file first, as a step 1 of 1.
    const closes = isFull(count) && !work.startsWith('Re-running');
    return { kind: 'counter', tool: 'ninja', ...count, step: cut(work, TEXT_LIMITS.step), closes };
  }
  const [, percent, made] = MAKE.exec(line) ?? [];
  if (made === undefined || Number(percent) > 100) return undefined;
  const closes = Number(percent) === 100 && made.startsWith('Built target');
  return {
    kind: 'counter',
    tool: 'make',
    current: Number(percent),
    total: 100,
    step: cut(made, TEXT_LIMITS.step),
    closes,
  };
};
