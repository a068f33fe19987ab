// uvu with additions: a limit for each test, skips with a reason, and no way to pass without running.
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import * as uvu from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, MiyabiError } from '../../src/domain/errors.ts';
import type { RunEvent } from '../runner/events.ts';

/** Two minutes: a machine under load takes several times as long as an idle one. */
const TIMEOUT_MS = 120_000;

/**
 * `slow`: left out of `npm test` and run by `npm test -- --all`, as the gate does. docs/testing.md says what should be.
 */
export type TestOptions = Readonly<{ timeoutMs?: number; slow?: boolean }>;

/** A suite under construction. It has no hooks: a test opens what it needs and closes it in `finally`. */
export type Test = {
  (title: string, run: () => unknown, options?: TestOptions): void;
  /** The same with `slow: true`. */
  slow(title: string, run: () => unknown, options?: TestOptions): void;
  /** A test that cannot run here. The summary lists it with its reason. */
  skip(title: string, reason: string): void;
  /** Queues the suite. Without tests it fails. */
  run(): void;
};

/** Registers tests that need something of the machine: where it is missing, they are skipped with the reason. */
export const needs =
  (test: Test, isThere: boolean, reason: string): ((...parameters: Parameters<Test>) => void) =>
  (title, run, options) =>
    isThere ? test(title, run, options) : test.skip(title, reason);

type Reporter = Readonly<{
  send(event: RunEvent): void;
  isWanted(fullTitle: string): boolean;
  withSlow: boolean;
}>;

/** A file that is run by itself runs whole. */
let reporter: Reporter | undefined;

/** Sends events as lines of JSON to a file descriptor, and leaves out tests whose title lacks these words. */
export const reportTo = (
  descriptor: number,
  { words, withSlow }: Readonly<{ words: string | undefined; withSlow: boolean }>,
): void => {
  reporter = {
    send: (event) => writeSync(descriptor, `${JSON.stringify(event)}\n`),
    isWanted: (fullTitle) => words === undefined || fullTitle.toLowerCase().includes(words.toLowerCase()),
    withSlow,
  };
};

const send = (event: RunEvent): void => reporter?.send(event);

/** Whether slow tests run, too. Called while the file is loaded or later. */
export const isFullRun = (): boolean => reporter?.withSlow ?? true;

/**
 * How often a test repeats something random: a few times in `npm test`, in full with `--all`. Called while the file is
 * loaded or later.
 */
export const repeats = ({ few, all }: Readonly<{ few: number; all: number }>): number =>
  isFullRun() ? all : few;

const problems: string[] = [];
const addProblem = (text: string): void => {
  if (reporter === undefined) problems.push(text);
  send({ kind: 'problem', text });
};

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(`threw ${inspect(thrown)}, which is no Error`);

const withTimeout = async (run: () => unknown, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      (async () => run())(),
      new Promise((_, reject) => {
        // Not unref'd: it has to fire even if the test leaves nothing else to wait for.
        timer = setTimeout(() => reject(new Error(`did not end within ${timeoutMs / 1_000} s`)), timeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
};

type Shared = Readonly<{ what: string; close: () => unknown }>;
const opened: Shared[] = [];
let unfinishedSuites = 0;
const neverRun = new Set<string>();

const closeShared = async (): Promise<void> => {
  for (const { what, close } of opened.splice(0).reverse()) {
    try {
      await withTimeout(close, TIMEOUT_MS);
    } catch (error) {
      addProblem(`closing ${what} failed: ${inspect(error)}`);
    }
  }
};

/**
 * Something expensive that the tests of a process share, e.g. a browser: opened by the first test that asks for it,
 * closed after the last suite. A failure to close fails the run.
 */
export const shared = <T>(what: string, open: () => Promise<T>, close: (value: T) => unknown) => {
  let value: Promise<T> | undefined;
  return (): Promise<T> => {
    if (value === undefined) {
      const opening = open();
      value = opening;
      const closing = async () => {
        // Another file of the same process may ask for it again.
        value = undefined;
        await close(await opening);
      };
      opened.push({ what, close: closing });
    }
    return value;
  };
};

/** Which tests `slowly` marks: all of them, only these, or all except these. */
type SlowTitles = Readonly<{ only?: readonly string[]; except?: readonly string[] }>;

let slowTitles: (SlowTitles & Readonly<{ seen: Set<string> }>) | undefined;

/** Whether a test that does not say so itself is slow. */
const isSlow = (title: string): boolean => {
  if (slowTitles === undefined) return false;
  const { only, except, seen } = slowTitles;
  seen.add(title);
  return only === undefined ? except?.includes(title) !== true : only.includes(title);
};

/** Tests that are registered within it, e.g. those of a contract, are slow unless they say otherwise. */
export const slowly = (register: () => void, which: SlowTitles = {}): void => {
  const before = slowTitles;
  const seen = new Set<string>();
  slowTitles = { ...which, seen };
  register();
  slowTitles = before;
  for (const title of [...(which.only ?? []), ...(which.except ?? [])])
    if (!seen.has(title)) addProblem(`slowly() names a test that is not there: "${title}"`);
};

export const suite = (name: string): Test => {
  const inner = uvu.suite(name);
  const titles = new Set<string>();
  let tests = 0;
  let leftOut = 0;
  neverRun.add(name);
  const claim = (title: string): boolean => {
    if (titles.has(title)) addProblem(`${name}: two tests are called "${title}"`);
    titles.add(title);
    if (reporter?.isWanted(`${name} ${title}`) ?? true) return true;
    leftOut += 1;
    return false;
  };
  const test: Test = (title, run, { timeoutMs = TIMEOUT_MS, slow = isSlow(title) } = {}) => {
    if (!claim(title)) return;
    if (slow && reporter?.withSlow === false) {
      leftOut += 1;
      send({ kind: 'left out', suite: name, title });
      return;
    }
    tests += 1;
    inner(title, async () => {
      send({ kind: 'start', suite: name, title, timeoutMs });
      const began = performance.now();
      const end = (ok: boolean, cause?: unknown) =>
        send({
          kind: 'end',
          ok,
          ms: performance.now() - began,
          ...(cause === undefined ? {} : { cause: inspect(cause) }),
        });
      try {
        await withTimeout(run, timeoutMs);
      } catch (thrown) {
        const error = asError(thrown);
        end(false, error.cause);
        throw error;
      }
      end(true);
    });
  };
  test.slow = (title, run, options) => test(title, run, { ...options, slow: true });
  test.skip = (title, reason) => {
    if (!claim(title)) return;
    tests += 1;
    send({ kind: 'skip', suite: name, title, reason });
    inner.skip();
  };
  test.run = () => {
    neverRun.delete(name);
    if (tests === 0 && leftOut === 0) addProblem(`${name} has no test`);
    unfinishedSuites += 1;
    // The only use of a uvu hook: it cannot throw, so that uvu cannot swallow anything.
    inner.after(async () => {
      unfinishedSuites -= 1;
      if (unfinishedSuites === 0) await closeShared();
    });
    inner.run();
  };
  return test;
};

/** Reports suites that were filled and never queued. Called once all files are loaded. */
export const checkThatAllRun = (): void => {
  for (const name of neverRun) addProblem(`${name} never runs: its file does not call test.run()`);
  neverRun.clear();
};

// Counts as failed until uvu says otherwise: a promise that never settles lets a process end early, with 0.
process.exitCode = 1;
process.once('exit', () => {
  checkThatAllRun();
  if (problems.length === 0) return;
  process.exitCode = 1;
  for (const problem of problems) console.error(problem);
});

/** Awaits the failure of a promise, with this code where one is given. Gives the error back. */
export const rejects = async (promise: PromiseLike<unknown>, code?: ErrorCode): Promise<Error> => {
  let error: unknown;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  if (!(error instanceof Error))
    assert.unreachable(`expected a rejection${code === undefined ? '' : `: ${code}`}`);
  const found = error as Error;
  if (code !== undefined) {
    assert.instance(found, MiyabiError, found.stack ?? found.message);
    assert.is((found as MiyabiError).code, code);
  }
  return found;
};
