import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPILED, WORKER, wordsFor } from './compiled.ts';
import type { RunEvent } from './events.ts';
import { ROOT } from './files.ts';

/** A test that ran, or one that was skipped with its reason. Times are in milliseconds. */
export type Timed = Readonly<{ file: string; name: string; ms: number }>;
export type Skipped = Readonly<{ name: string; reason: string }>;

/** What came of one test file. */
export type FileResult = Readonly<{
  file: string;
  ms: number;
  passed: number;
  failed: number;
  skipped: readonly Skipped[];
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

const hasMembers = (group: number): boolean => {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  // A signal also finds zombies, which init may leave for seconds. After the name come state, parent and group.
  return readdirSync('/proc').some((pid) => {
    const [state, , itsGroup] = statOf(pid)
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(itsGroup) === group && state !== 'Z';
  });
};

const groupIsGone = async (pid: number, lingerMs: number): Promise<boolean> => {
  const deadline = performance.now() + lingerMs;
  while (hasMembers(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
};

/** With a folder of its own for the coverage of each file, so that it shows which tests reach a line. */
const environmentOf = (file: string, compiled: string | undefined): NodeJS.ProcessEnv => {
  const { NODE_V8_COVERAGE: folder, [COMPILED]: _outer, ...given } = process.env;
  const env = {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...given,
    ...(compiled !== undefined && { [COMPILED]: compiled }),
  };
  if (folder === undefined || folder === '') return env;
  return { ...env, NODE_V8_COVERAGE: join(folder, file.replaceAll('/', '+')) };
};

/**
 * Runs a test file in a process of its own, and all that it starts in one process group. `compiled` is the folder that
 * `compile` made of it; without one it runs from its sources.
 */
export const runFile = async (
  file: string,
  {
    title,
    lingerMs = LINGER_MS,
    compiled,
  }: Readonly<{ title?: string | undefined; lingerMs?: number; compiled?: string | undefined }> = {},
): Promise<FileResult> => {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['--enable-source-maps', ...wordsFor(WORKER, compiled)],
      ...[wordsFor(file, compiled).at(-1) ?? file, '--linger', String(lingerMs)],
      ...(title === undefined ? [] : ['--title', title]),
    ],
    {
      cwd: ROOT,
      env: environmentOf(file, compiled),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file}: no process could be started`);
  groups.add(pid);

  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });

  const timed: Timed[] = [];
  const skipped: Skipped[] = [];
  const failures: string[] = [];
  const details: string[] = [];
  let [passed, failed, uvuSkipped] = [0, 0, 0];
  /** Tests of the suite that is under way. */
  let pending = { passed: 0, failed: 0 };
  let running: string | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  let isDone = false;

  const problem = (text: string): void => {
    failed += 1;
    failures.push(`${file}: ${text.split('\n')[0]}`);
    details.push(text);
  };
  const take = (event: RunEvent): void => {
    switch (event.kind) {
      case 'start': {
        const name = `${event.suite} › ${event.title}`;
        running = name;
        const limit = blockedAfterMs(event.timeoutMs);
        watchdog = setTimeout(() => {
          problem(`${name}: blocked its process for ${(limit / 1_000).toFixed(1)} s`);
          running = undefined;
          killGroup(pid);
        }, limit);
        break;
      }
      case 'end':
        clearTimeout(watchdog);
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
      case 'failures':
        details.push(event.text);
        break;
      case 'counts':
        passed += event.passed;
        failed += event.failed;
        uvuSkipped += event.skipped;
        if (event.failed > pending.failed) failures.push(`${file}: ${event.failed - pending.failed} failed`);
        pending = { passed: 0, failed: 0 };
        break;
      case 'problem':
        problem(event.text);
        break;
      case 'done':
        isDone = true;
    }
  };
  const events = createInterface({ input: child.stdio[3] as Readable });
  events.on('line', (line) => take(JSON.parse(line) as RunEvent));
  const closed = Promise.all([once(events, 'close'), once(child, 'close')]);

  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // A program that outlives the worker may hold its pipes open.
  const timeout = new AbortController();
  await Promise.race([closed, sleep(2_000, undefined, timeout).catch(() => undefined)]);
  timeout.abort();
  clearTimeout(watchdog);
  passed += pending.passed;
  failed += pending.failed;
  if (!isDone && failures.length === 0) {
    const end = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
    problem(running === undefined ? `its process ${end}` : `${running}: its process ${end} during this test`);
  } else if (running !== undefined) problem(`${running} did not end`);
  else if (code !== 0 && failures.length === 0) problem(`its process ended with ${code ?? signal}`);
  if (!(await groupIsGone(pid, lingerMs))) {
    problem(`a program that it started was still running ${lingerMs / 1_000} s after it`);
    killGroup(pid);
  }
  groups.delete(pid);
  for (let unnamed = uvuSkipped - skipped.length; unnamed > 0; unnamed -= 1)
    skipped.push({ name: file, reason: 'no reason given' });
  if (passed + failed + skipped.length === 0 && title === undefined) problem('it ran no test');
  return {
    ...{ file, ms: performance.now() - began, passed, failed, skipped, timed, failures, output },
    details: details.join('\n'),
  };
};
