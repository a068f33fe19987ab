import type { TaskDetails } from '../../tasks/details.ts';
import { isTerminal } from '../../tasks/status.ts';
import { fraction } from '../hint.ts';
import { counterRuns, type Run, type RunUpdate, withText } from './kit/counter-runs.ts';
import { STEP_OUTPUT } from './kit/step-output.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

/** `vertex` is the `#7` of the plain output; rows of the terminal output have none. */
export type BuildkitSignal =
  | Readonly<{ kind: 'step'; vertex?: number; stage: string; index: number; count: number; step: string }>
  | Readonly<{ kind: 'loads'; vertex: number; target: string }>
  | Readonly<{ kind: 'exports'; vertex?: number; target: string }>
  | Readonly<{ kind: 'done'; vertex: number }>
  | Readonly<{ kind: 'broken'; vertex?: number; step?: string; text: string }>
  | Readonly<{ kind: 'header'; elapsed: number; current: number; total: number; finished: boolean }>
  | Readonly<{ kind: 'failed'; text: string }>;

/**
 * `stages` has the number of steps of each stage, `steps` the stage and step of vertices and `done` those that have
 * ended, `exports` the vertices that write a result, `targets` what is being built and not yet exported; `elapsed` is
 * the clock of the terminal output.
 */
type Memory = Readonly<{
  elapsed: number;
  stages: Readonly<Record<string, number>>;
  steps: Readonly<Record<string, string>>;
  done: readonly number[];
  exports: Readonly<Record<string, string>>;
  targets: readonly string[];
}>;

const MAX_REMEMBERED = 300;

const NOTHING: Memory = { elapsed: 0, stages: {}, steps: {}, done: [], exports: {}, targets: [] };

/**
 * docker buildx, docker build, docker compose build and buildctl (source: BuildKit's util/progress/progressui). The
 * plain output counts the finished steps of all stages; the terminal output (`[+] Building 12.3s (5/12) FINISHED`)
 * has its own counter. A build ends with its exported result, with FINISHED, or with `failed to solve`. FINISHED is
 * printed after a failure as well, above the row that failed: that row takes the end back.
 */
export const buildkit = counterRuns<BuildkitSignal, Memory>({
  name: 'buildkit',
  stateVersion: 1,
  counts: 'done',
  revisesEnds: true,
  hint: {
    contains: [fraction],
    begins: ['=', 'ERROR: ', 'error: ', 'failed to ', 'target '],
    mayBegin: { characters: '#', holds: (text, at) => !STEP_OUTPUT.test(text.slice(at, at + 20)) },
  },
  taskType: 'build',
  memory: NOTHING,

  read: (line) => readLine(headOf(line)),

  begins(last, signal) {
    switch (signal.kind) {
      case 'loads':
        // The line may come twice in one build, but not once its steps are known.
        return isTerminal(last.status) || (hasSteps(last) && last.memory.targets.includes(signal.target));
      case 'header':
        return isTerminal(last.status) && signal.elapsed < last.memory.elapsed;
      default:
        return false;
    }
  },

  apply(run, signal) {
    const memory = run?.memory ?? NOTHING;
    switch (signal.kind) {
      case 'loads':
        return {
          name: 'docker build',
          memory: { ...memory, targets: withText(memory.targets, signal.target) },
        };
      case 'step':
        return onStep(run, memory, signal);
      case 'exports':
        if (run === undefined) return undefined;
        return {
          details: { phase: 'export' },
          ...(signal.vertex !== undefined && {
            memory: { ...memory, exports: remember(memory.exports, String(signal.vertex), signal.target) },
          }),
        };
      case 'done':
        return run && onDone(run, signal.vertex);
      case 'broken': {
        const step = signal.step ?? memory.steps[String(signal.vertex)];
        // A cache that cannot be imported is an ERROR too, but a harmless one.
        return run === undefined || step === undefined ? undefined : failed(run, signal.text, stepOf(step));
      }
      case 'header':
        return {
          name: 'docker build',
          current: signal.current,
          total: signal.total,
          memory: { ...memory, elapsed: signal.elapsed },
          ...(signal.finished && {
            status: 'completed',
            concluded: true,
            details: { outcome: 'completed' },
          }),
        };
      case 'failed':
        return run && failed(run, signal.text);
    }
  },
});

const onStep = (
  run: Run<Memory> | undefined,
  memory: Memory,
  { vertex, stage, index, count, step }: Extract<BuildkitSignal, { kind: 'step' }>,
): RunUpdate<Memory> | undefined => {
  const details: TaskDetails = { phase: stage === '' ? 'build' : stage, current_step: step };
  if (vertex === undefined) return run && { details };
  const known = Object.hasOwn(memory.stages, stage) ? (memory.stages[stage] ?? 0) : 0;
  const stages = remember(memory.stages, stage, Math.max(known, count));
  return {
    name: 'docker build',
    current: run?.current ?? 0,
    total: Object.values(stages).reduce((sum, steps) => sum + steps, 0),
    details,
    memory: {
      ...memory,
      stages,
      steps: remember(memory.steps, String(vertex), `${stage} ${index}/${count}`),
    },
  };
};

const onDone = (run: Run<Memory>, vertex: number): RunUpdate<Memory> | undefined => {
  const { memory } = run;
  const key = String(vertex);
  if (Object.hasOwn(memory.exports, key)) {
    const targets = memory.targets.filter((target) => target !== memory.exports[key]);
    const { [key]: _exported, ...exports } = memory.exports;
    return {
      memory: { ...memory, exports, targets },
      ...(targets.length === 0 && { status: 'completed', details: { outcome: 'completed' } }),
    };
  }
  // A base image is done when it is resolved, and once more when it was downloaded.
  if (!Object.hasOwn(memory.steps, key) || memory.done.includes(vertex)) return undefined;
  const next = { ...memory, done: [...memory.done, vertex] };
  return { current: finishedSteps(next), memory: next };
};

/**
 * A step that two stages share is printed for one of them, and the beginning of a log may be missing. Steps of a stage
 * follow each other, so those before a finished one count as done, unless they are seen to run (`COPY --link`).
 */
const finishedSteps = ({ steps, done }: Memory): number => {
  const stages = new Map<string, { last: number; open: Set<number> }>();
  for (const [vertex, step] of Object.entries(steps)) {
    const space = step.lastIndexOf(' ');
    const index = Number.parseInt(step.slice(space + 1), 10);
    const stage = stages.get(step.slice(0, space)) ?? { last: 0, open: new Set() };
    if (done.includes(Number(vertex))) stage.last = Math.max(stage.last, index);
    else stage.open.add(index);
    stages.set(step.slice(0, space), stage);
  }
  return [...stages.values()].reduce(
    (sum, { last, open }) => sum + last - [...open].filter((index) => index < last).length,
    0,
  );
};

const hasSteps = ({ memory }: Run<Memory>): boolean => Object.keys(memory.steps).length > 0;

const failed = (run: Run<Memory>, text: string, step?: string): RunUpdate<Memory> => ({
  status: 'failed',
  details: {
    outcome: 'failed',
    ...(step !== undefined && { failed_resources: withText(run.details.failed_resources, step) }),
    // A row of the terminal output that failed only names its step.
    ...(!/^[^[]/.test(run.details.error_message ?? '') && { error_message: text }),
  },
  message: cut(text, TEXT_LIMITS.message),
});

const stepOf = (step: string): string => `[${step.trim()}]`;

const remember = <T>(
  record: Readonly<Record<string, T>>,
  key: string,
  value: T,
): Readonly<Record<string, T>> =>
  Object.hasOwn(record, key) || Object.keys(record).length < MAX_REMEMBERED
    ? { ...record, [key]: value }
    : record;

const VERTEX = /^#(\d{1,6}) (\S.*)$/;
/** `[2/5] RUN x`, `[stage 2/5] RUN x`, `[linux/amd64 stage 2/5] RUN x`, and with compose `[service stage 2/5] RUN x`. */
const STEP = /^\[((?:[\w./@:+-]{1,120} ){0,4}) {0,3}(\d{1,4})\/(\d{1,4})\] (\S.*)$/;
const HEADER = /^\[\+\] Building (\d{1,6}(?:\.\d)?)s \((\d{1,6})\/(\d{1,6})\)( FINISHED)?/;
const LOADS = /^\[(?:([\w./@:+-]{1,120}) )?internal\] load (?:build definition|remote build context)/;
const EXPORTS = /^(?:\[([\w./@:+-]{1,120})\] )?exporting to (?:image|\w+ image format|client|tarball|tar)/;

const readLine = (line: string): BuildkitSignal | undefined => {
  switch (line[0]) {
    case '#':
      return readVertex(line);
    case '[':
      return readHeader(line);
    case '=':
      return readRow(line);
    default: {
      // A logger in between may have taken `ERROR: ` for a level.
      const [, text] =
        /^(?:ERROR: |error: |target [\w./-]{1,120}: )?((?:failed to build: )?failed to solve(?: with frontend \S+)?: .+)$/.exec(
          line,
        ) ?? [];
      return text === undefined ? undefined : { kind: 'failed', text: cut(text, TEXT_LIMITS.error) };
    }
  }
};

const readVertex = (line: string): BuildkitSignal | undefined => {
  const [, digits, rest = ''] = VERTEX.exec(line) ?? [];
  if (digits === undefined) return undefined;
  const vertex = Number(digits);
  if (rest === 'CACHED' || /^DONE \d{1,7}(?:\.\d{1,3})?s$/.test(rest)) return { kind: 'done', vertex };
  const [, error] = /^ERROR: (.+)$/.exec(rest) ?? [];
  if (error !== undefined) return { kind: 'broken', vertex, text: cut(error, TEXT_LIMITS.error) };
  const loads = LOADS.exec(rest);
  if (loads !== null) return { kind: 'loads', vertex, target: loads[1] ?? '' };
  const exports = EXPORTS.exec(rest);
  if (exports !== null) return { kind: 'exports', vertex, target: exports[1] ?? '' };
  const step = stepIn(rest);
  return step && { ...step, vertex };
};

const stepIn = (text: string): Extract<BuildkitSignal, { kind: 'step' }> | undefined => {
  const [, stage = '', index, count, step] = STEP.exec(text) ?? [];
  if (step === undefined || Number(count) === 0 || Number(index) > Number(count)) return undefined;
  const name = stage.trim();
  return {
    kind: 'step',
    stage: name,
    index: Number(index),
    count: Number(count),
    step: cut(`[${name === '' ? '' : `${name} `}${index}/${count}] ${step}`, TEXT_LIMITS.step),
  };
};

const readHeader = (line: string): BuildkitSignal | undefined => {
  const [, elapsed, current, total, finished] = HEADER.exec(line) ?? [];
  if (current === undefined || Number(total) === 0) return undefined;
  const count = { current: Number(current), total: Number(total) };
  return { kind: 'header', elapsed: Number(elapsed), ...count, finished: finished !== undefined };
};

/** ` => [2/5] RUN x   1.2s`: the duration at its end is not part of the step. */
const readRow = (line: string): BuildkitSignal | undefined => {
  const [, mark, rest] = /^=> ((?:CACHED|ERROR|CANCELED) )?(\S.*)$/.exec(line) ?? [];
  if (rest === undefined) return undefined;
  if (EXPORTS.test(rest)) return { kind: 'exports', target: '' };
  const step = stepIn(rest);
  if (step === undefined) return undefined;
  if (mark !== 'ERROR ') return { ...step, step: withoutDuration(step.step) };
  const place = `${step.stage} ${step.index}/${step.count}`;
  return { kind: 'broken', step: place, text: withoutDuration(step.step) };
};

const withoutDuration = (step: string): string => step.replace(/ {1,200}\d{1,6}\.\ds$/, '');
