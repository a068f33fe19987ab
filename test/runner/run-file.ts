import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPILED, pathOf, WORKER, wordsFor } from './compiled.ts';
import { END_OF_OUTPUT, type FileRequest, type RunEvent } from './events.ts';
import { ROOT } from './files.ts';

/** A test that ran, or one that was skipped with its reason. Times are in milliseconds. */
export type Timed = Readonly<{ file: string; name: string; ms: number }>;
export type Skipped = Readonly<{ name: string; reason: string }>;

/** What came of one test file. */
export type FileResult = Readonly<{
  file: string;
  ms: number;
  /** Until its modules were loaded, within `ms`. */
  loadMs: number;
  /** Processor time of its process and of the programs that have ended in it, if /proc has it. */
  processorMs: number;
  passed: number;
  failed: number;
  skipped: readonly Skipped[];
  /** Slow tests that this run does not include. */
  leftOut: readonly string[];
  timed: readonly Timed[];
  /** Names of the tests that failed, and problems outside any test. */
  failures: readonly string[];
  /** Everything to show of a failure: the differences, stacks and causes. */
  details: string;
  /** What the process printed. */
  output: string;
}>;

/** How long a file's process may live after its last test, and programs that it started after the process. */
const LINGER_MS = 15_000;

/** A process that has not reported a test's end by then is blocked: its own timer does not fire. */
const blockedAfterMs = (timeoutMs: number): number => 1_000 + 1.25 * timeoutMs;

/** How long a file may take to be loaded. */
const LOAD_MS = 120_000;

const groups = new Set<number>();

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is empty already.
  }
};

/** Ends the processes of all files that are running. */
export const killAll = (): void => {
  for (const pid of groups) killGroup(pid);
};

const statOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
};

/** Fields of a process after its name, of which the first three are state, parent and group. */
const fieldsOf = (pid: string): readonly string[] =>
  statOf(pid)
    .replace(/^.*\) /, '')
    .split(' ');

/** Processes of a group, without one of them. Undefined where the system does not list processes. */
const membersOf = (group: number, except: number | undefined): readonly string[] | undefined => {
  if (process.platform !== 'linux') return undefined;
  // A signal also finds zombies, which init may leave for seconds.
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === except) return false;
    const [state, , itsGroup] = fieldsOf(pid);
    return Number(itsGroup) === group && state !== 'Z';
  });
};

/** esbuild, which compiles for as long as the process lives that started it, and changes nothing in it. */
const isCompiler = (pid: string): boolean => {
  try {
    return /esbuild\0--service=/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
};

/** Whether programs that a worker has started are still running. */
const hasPrograms = (pid: number): boolean => membersOf(pid, pid)?.every(isCompiler) !== true;

const hasMembers = (group: number): boolean => {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  return membersOf(group, undefined)?.length !== 0;
};

/** Processor time of a process and the children that it has waited for; 0 if it is not known. */
const processorMsOf = (pid: number): number => {
  // utime, stime, cutime and cstime, in ticks of 10 ms.
  const ticks = fieldsOf(String(pid)).slice(11, 15);
  return ticks.length < 4 ? 0 : 10 * ticks.reduce((sum, value) => sum + Number(value), 0);
};

const groupIsGone = async (pid: number, lingerMs: number): Promise<boolean> => {
  const deadline = performance.now() + lingerMs;
  while (hasMembers(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
};

const environmentOf = (compiled: string | undefined): NodeJS.ProcessEnv => {
  const { [COMPILED]: _outer, ...given } = process.env;
  return {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...given,
    ...(compiled !== undefined && { [COMPILED]: compiled }),
  };
};

export type RunOptions = Readonly<{
  title?: string | undefined;
  /** Slow tests, too. */
  withSlow?: boolean;
  lingerMs?: number;
  /** The folder that `compile` made; without one files run from their sources. */
  compiled?: string | undefined;
}>;

/** What has come of a file so far. */
const openResult = (file: string) => {
  const timed: Timed[] = [];
  const skipped: Skipped[] = [];
  const leftOut: string[] = [];
  const failures: string[] = [];
  const details: string[] = [];
  const output: string[] = [];
  let [passed, failed, uvuSkipped, loadMs] = [0, 0, 0, 0];
  /** Tests of the suite that is under way. */
  let pending = { passed: 0, failed: 0 };
  let running: string | undefined;
  const problem = (text: string): void => {
    failed += 1;
    failures.push(`${file}: ${text.split('\n')[0]}`);
    details.push(text);
  };
  return {
    file,
    output,
    problem,
    running: () => running,
    isGoodSoFar: () => failures.length === 0,
    /** The test that is running will send nothing more. */
    forgetRunning: () => {
      running = undefined;
    },
    take(event: RunEvent): void {
      switch (event.kind) {
        case 'start':
          running = `${event.suite} › ${event.title}`;
          break;
        case 'end':
          timed.push({ file, name: running ?? file, ms: event.ms });
          if (event.ok) pending.passed += 1;
          else {
            pending.failed += 1;
            failures.push(`${file}: ${running}`);
            if (event.cause !== undefined) details.push(`${running}: caused by ${event.cause}`);
          }
          running = undefined;
          break;
        case 'skip':
          skipped.push({ name: `${event.suite} › ${event.title}`, reason: event.reason });
          break;
        case 'left out':
          leftOut.push(`${event.suite} › ${event.title}`);
          break;
        case 'failures':
          details.push(event.text);
          break;
        case 'counts':
          passed += event.passed;
          failed += event.failed;
          uvuSkipped += event.skipped;
          if (event.failed > pending.failed)
            failures.push(`${file}: ${event.failed - pending.failed} failed`);
          pending = { passed: 0, failed: 0 };
          break;
        case 'problem':
          problem(event.text);
          break;
        case 'loaded':
          loadMs = event.ms;
          break;
        case 'done':
          break;
        default:
          event satisfies never;
      }
    },
    close(ms: number, processorMs: number, mayBeEmpty: boolean): FileResult {
      passed += pending.passed;
      failed += pending.failed;
      for (let unnamed = uvuSkipped - skipped.length; unnamed > 0; unnamed -= 1)
        skipped.push({ name: file, reason: 'no reason given' });
      if (passed + failed + skipped.length + leftOut.length === 0 && !mayBeEmpty) problem('it ran no test');
      return {
        ...{ file, ms, loadMs, processorMs, passed, failed, skipped, leftOut, timed, failures },
        output: output.join('').replaceAll(END_OF_OUTPUT, ''),
        details: details.join('\n'),
      };
    },
  };
};

/** A process that runs test files, one after the other. All that they start is in its process group. */
export type Worker = Readonly<{
  /** Whether another file may run in it: the last one has left it as it was. */
  isReusable(): boolean;
  run(file: string): Promise<FileResult>;
  /** Lets it end. Gives what was wrong with that, under the name of its last file. */
  end(): Promise<FileResult | undefined>;
}>;

export const startWorker = ({
  title,
  withSlow = false,
  lingerMs = LINGER_MS,
  compiled,
}: RunOptions = {}): Worker => {
  const child = spawn(
    process.execPath,
    [
      ...['--enable-source-maps', ...wordsFor(WORKER, compiled), '--linger', String(lingerMs)],
      ...(title === undefined ? [] : ['--title', title]),
      ...(withSlow ? ['--all'] : []),
    ],
    {
      cwd: ROOT,
      env: environmentOf(compiled),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('no process could be started');
  groups.add(pid);

  let result = openResult('');
  let watchdog: NodeJS.Timeout | undefined;
  let isReusable = true;
  let onDone = (): void => undefined;
  /** The last characters of each stream, and the streams that have come to the end of what the file printed. */
  const tails = new Map<Readable, string>();
  const ended = new Set<Readable>();
  let onPrinted = (): void => undefined;

  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      result.output.push(text);
      const tail = (tails.get(stream) ?? '') + text;
      if (tail.includes(END_OF_OUTPUT)) ended.add(stream);
      tails.set(stream, tail.slice(-END_OF_OUTPUT.length));
      if (ended.size === 2) onPrinted();
    });

  const limit = (limitMs: number, what: string): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      result.problem(`${what} for ${(limitMs / 1_000).toFixed(1)} s`);
      result.forgetRunning();
      killGroup(pid);
    }, limitMs);
  };
  const events = createInterface({ input: child.stdio[3] as Readable });
  events.on('line', (line) => {
    const event = JSON.parse(line) as RunEvent;
    result.take(event);
    if (event.kind === 'start')
      limit(blockedAfterMs(event.timeoutMs), `${result.running()}: blocked its process`);
    else if (event.kind === 'end' || event.kind === 'loaded') clearTimeout(watchdog);
    else if (event.kind === 'done') {
      ({ isReusable } = event);
      onDone();
    }
  });
  const requests = child.stdio[4] as Writable;
  // A process that has ended takes none.
  requests.on('error', () => undefined);
  const closed = Promise.all([once(events, 'close'), once(child, 'close')]);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;

  /** Waits for the end of the process and reports what is wrong with it. */
  const finish = async (isDone: boolean): Promise<void> => {
    requests.end();
    const [code, signal] = await exited;
    // A program that outlives the worker may hold its pipes open.
    const timeout = new AbortController();
    await Promise.race([closed, sleep(2_000, undefined, timeout).catch(() => undefined)]);
    timeout.abort();
    clearTimeout(watchdog);
    const running = result.running();
    if (!isDone && result.isGoodSoFar()) {
      const end = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      result.problem(
        running === undefined ? `its process ${end}` : `${running}: its process ${end} during this test`,
      );
    } else if (running !== undefined) result.problem(`${running} did not end`);
    else if (code !== 0 && result.isGoodSoFar()) result.problem(`its process ended with ${code ?? signal}`);
    if (!(await groupIsGone(pid, lingerMs))) {
      result.problem(`a program that it started was still running ${lingerMs / 1_000} s after it`);
      killGroup(pid);
    }
    groups.delete(pid);
  };

  return {
    isReusable: () => isReusable,
    async run(file) {
      const began = performance.now();
      const processorBefore = processorMsOf(pid);
      result = openResult(file);
      tails.clear();
      ended.clear();
      const done = new Promise<boolean>((resolve) => {
        onDone = () => resolve(true);
        exited.then(() => resolve(false));
      });
      const printed = new Promise<void>((resolve) => {
        onPrinted = resolve;
        exited.then(() => resolve());
      });
      limit(LOAD_MS, 'it was not loaded');
      const request: FileRequest = { path: pathOf(file, compiled) };
      requests.write(`${JSON.stringify(request)}\n`);
      const isDone = await done;
      await printed;
      const processorMs = processorMsOf(pid) - processorBefore;
      // Programs that live as long as the process, e.g. a server that tests share, end with it.
      isReusable = isDone && isReusable && !hasPrograms(pid);
      if (!isReusable) await finish(isDone);
      return result.close(performance.now() - began, Math.max(0, processorMs), title !== undefined);
    },
    async end() {
      result = openResult(result.file);
      await finish(true);
      const ended = result.close(0, 0, true);
      return ended.failed > 0 ? ended : undefined;
    },
  };
};

/** Runs a test file in a process of its own. */
export const runFile = async (file: string, options: RunOptions = {}): Promise<FileResult> => {
  const worker = startWorker(options);
  const result = await worker.run(file);
  const end = worker.isReusable() ? await worker.end() : undefined;
  return end === undefined ? result : { ...end, passed: result.passed };
};
