import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.ts';

/**
 * The signals that are passed on. SIGTSTP and SIGCONT are not: they stop and resume Miyabi and the command together.
 */
const FORWARDED = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
] as const satisfies readonly NodeJS.Signals[];

/** How long to wait for the canary to answer or die, in milliseconds: a stopped one does neither. */
const CANARY_MS = 1000;

/**
 * Passes the signals that reach Miyabi on to the command, each once.
 *
 * A terminal's Ctrl-C, and programs such as `timeout`, signal a whole process group. If the command is in ours, it has
 * the signal already; if it leads its own group, all of that must get it. `kill` signals Miyabi alone, which means the
 * command alone. Only a third process in our group can distinguish the two: an idle one, which dies of a signal to the
 * whole group before it can answer that it lives.
 */
export const forwardSignals = ({ kill, killGroup }: Pick<Child, 'kill' | 'killGroup'>): (() => void) => {
  let canary = newCanary();
  /** Whether a signal that was sent before the canary started may still arrive. */
  let isNew = false;

  const replace = () => {
    const next = newCanary();
    canary = next;
    isNew = true;
    // Such a signal arrives with the event loop's next poll, which comes between these two callbacks.
    setImmediate(() =>
      setImmediate(() => {
        if (canary === next) isNew = false;
      }),
    );
  };

  const onSignal = (signal: NodeJS.Signals) => {
    const current = canary;
    // The canary has replaced one that died of a signal to the whole group, so this is most likely another of those.
    const isTooNew = isNew;
    void current.diedOf().then((diedOf) => {
      if (diedOf === signal && canary === current) replace();
      if (diedOf === signal || isTooNew) killGroup(signal);
      else kill(signal);
    });
  };

  for (const signal of FORWARDED) process.on(signal, onSignal);
  return () => {
    for (const signal of FORWARDED) process.off(signal, onSignal);
    canary.release();
  };
};

type Canary = Readonly<{
  /** The signal that it has died of; undefined if it lives. */
  diedOf(): Promise<NodeJS.Signals | undefined>;
  release(): void;
}>;

/** `cat` echoes each request. It ends with us, even if we are killed. Without one every signal is passed on. */
const newCanary = (): Canary => {
  // In the root folder, where SIGQUIT leaves no core dump of it.
  // Its streams are missing where the process has too many files open.
  const child: ChildProcess = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/' });
  child.stdin?.on('error', () => undefined);
  const died = new Promise<NodeJS.Signals | undefined>((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal ?? undefined));
    child.once('error', () => resolve(undefined));
  });
  let requested = 0;
  let answered = 0;
  child.stdout?.on('data', (bytes: Buffer) => {
    answered += bytes.length;
  });
  child.unref();
  // Node's pipes have it, the types of the streams do not.
  for (const pipe of [child.stdin, child.stdout] as ({ unref?: () => void } | null | undefined)[])
    pipe?.unref?.();
  return {
    async diedOf() {
      requested += 1;
      const request = requested;
      child.stdin?.write('?');
      const lives = new Promise<undefined>((resolve) => {
        const look = () => {
          if (answered < request) return;
          child.stdout?.off('data', look);
          resolve(undefined);
        };
        child.stdout?.on('data', look);
      });
      const waiting = new AbortController();
      const late = sleep(CANARY_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
      const signal = await Promise.race([died, lives, late]);
      waiting.abort();
      return signal;
    },
    release: () => void child.stdin?.destroy(),
  };
};

/**
 * Ends this process as the command ended: with its code, or by the same signal, so that callers see the same result.
 */
export const endLike = (code: number | null, signal: NodeJS.Signals | null): void => {
  if (signal === null) {
    process.exitCode = code ?? 1;
    // Without waiting: nothing that is still loading is needed, and tearing down the heap takes time.
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
    return;
  }
  process.exitCode = 128 + (constants.signals[signal] ?? 0);
  try {
    if (signal !== 'SIGKILL') {
      // Node has its own handlers for some; the default action returns with the last listener.
      const ignore = () => undefined;
      process.on(signal, ignore);
      process.off(signal, ignore);
    }
    process.kill(process.pid, signal);
    // It may take a moment to arrive; if it does not kill, the exit code says the same.
    setTimeout(() => undefined, 500);
  } catch {
    // A signal that does not exist on this platform.
  }
};
