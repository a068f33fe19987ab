import { writeFile } from 'node:fs/promises';
import { systemClock } from '../../adapters/system/clock.ts';
import { defined } from '../../domain/defined.ts';
import type { RunOptions } from '../commands/run.ts';
import { CommandFailure } from '../failure.ts';
import { type ClientSettings, projectOf, readSettings } from '../settings.ts';
import { type Child, startOnPipes, startOnTerminal, type TakeOutput } from './child.ts';
import { runFrugally } from './engine.ts';
import type { Follower } from './follower.ts';
import { progressHint } from './hint.ts';
import { openPseudoTerminal } from './pseudo-terminal.ts';
import { screen } from './screen.ts';
import { endLike, forwardSignals } from './signals.ts';

/** A command that ends sooner, before its bars are loaded, is not worth waiting for them. Its lines are sent in any case. */
const WORTH_A_BAR_MS = 1_000;

/**
 * `miyabi run`: starts the command first and loads the follower meanwhile. If anything fails on our side, the command
 * continues, and we end as it does.
 */
export const runWrapped = async (command: readonly string[], options: RunOptions): Promise<void> => {
  runFrugally();
  const { settings, problem } = settingsOrProblem();
  const project = options.project === undefined ? settings?.project : projectOf(options.project, '--project');
  const clock = systemClock();
  const problems = problem === undefined ? [] : [problem];
  // Unlike a problem, a note does not stop the following.
  const notes: string[] = [];

  const { stdin, stdout, stderr } = process;
  const drawsBars = options.bars && stderr.isTTY === true && process.env.TERM !== 'dumb';
  const onTerminal = options.pty && stdin.isTTY === true && stdout.isTTY === true && stderr.isTTY === true;
  const terminal = onTerminal
    ? openPseudoTerminal({ rows: stdout.rows, columns: stdout.columns })
    : undefined;
  const view = screen({ out: stdout, err: stderr, outIsTerminal: stdout.isTTY === true, live: drawsBars });

  // Lines that arrive before the follower is loaded wait for it.
  let follower: Follower | undefined;
  let over = false;
  const early: [stream: 'stdout' | 'stderr', chunk: Buffer, at: number][] = [];
  const follows = settings !== undefined && (drawsBars || settings.url !== undefined);
  const hint = options.quiet ? undefined : progressHint((text) => view.say(text));

  const take: TakeOutput = (stream, chunk) => {
    const more = view.write(stream, chunk);
    hint?.(chunk);
    if (follower !== undefined) follower.take(stream, chunk, clock.now());
    else if (follows && problems.length === 0) early.push([stream, chunk, clock.now()]);
    return more;
  };

  const writeTaskFile = async (file: string, taskId: string) => {
    await writeFile(file, `${taskId}\n`).catch((error: unknown) => {
      notes.push(`--task-file could not be written: ${messageOf(error)}`);
    });
  };

  const startedAt = clock.now();
  const load = async (known: ClientSettings) => {
    try {
      const { follow } = await import('./follower.ts');
      const loaded = await follow({
        settings: known,
        clock,
        command,
        view,
        ...defined({ project, name: options.name }),
        startedAt,
        drawsBars,
        echoes: terminal !== undefined,
        size: () => sizeOf(stdout.isTTY ? stdout : stderr),
        onReserve: (lines) => terminal?.resize(Math.max(1, stdout.rows - lines), stdout.columns),
      });
      const { taskFile } = options;
      if (taskFile !== undefined && loaded.taskId !== undefined) await writeTaskFile(taskFile, loaded.taskId);
      if (over) {
        loaded.stopDrawing();
        return;
      }
      for (const [stream, chunk, at] of early.splice(0)) loaded.take(stream, chunk, at);
      follower = loaded;
    } catch (error) {
      problems.push(messageOf(error));
    }
  };
  /** A command that could not be started has failed, too. */
  const reportFailedStart = async ({ exitCode, message }: CommandFailure) => {
    if (settings?.url === undefined) return;
    await load(settings);
    const end = { code: exitCode, signal: null, at: clock.now(), interrupted: false, reason: message };
    const outcome = await follower?.finish(new AbortController().signal, end).catch(() => undefined);
    if (outcome?.serious && !options.quiet) stderr.write(`miyabi: ${outcome.text}\n`);
  };

  let child: Child;
  try {
    child =
      terminal === undefined
        ? await startOnPipes(command, hintedEnvironment(), take)
        : await startOnTerminal(command, process.env, terminal, take);
  } catch (error) {
    terminal?.restore();
    if (error instanceof CommandFailure) await reportFailedStart(error);
    throw error;
  }
  let interrupted = false;
  const onInterrupt = () => {
    interrupted = true;
  };
  process.on('SIGINT', onInterrupt);
  const stopForwarding = forwardSignals(child);
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream].on('drain', () => child.resume(stream));
    // The reader of our output has gone: the command must notice it as it would without us.
    process[stream].on('error', () => child.drop(stream));
  }

  const releaseInput = terminal === undefined ? () => undefined : typeInto(child, onInterrupt);
  process.once('exit', () => terminal?.restore());

  const loading = follows ? load(settings) : undefined;
  const onResize = () => {
    const reserved = follower?.resized() ?? 0;
    terminal?.resize(Math.max(1, stdout.rows - reserved), stdout.columns);
  };
  stdout.on('resize', onResize);

  const end = { ...(await child.ended), at: clock.now() };
  if (settings?.url !== undefined || end.at - startedAt >= WORTH_A_BAR_MS) await loading;
  stdout.off('resize', onResize);
  releaseInput();
  over = true;
  follower?.stopDrawing();
  const lastBar = options.quiet ? undefined : follower?.lastBar({ ...end, interrupted });
  if (lastBar !== undefined) view.say(lastBar);
  view.end();
  terminal?.restore();

  // The command has ended, so a signal now ends the wait.
  stopForwarding();
  process.off('SIGINT', onInterrupt);
  const waiting = new AbortController();
  const stopWaiting = () => waiting.abort();
  for (const name of ENDING) process.on(name, stopWaiting);
  const outcome = await follower
    ?.finish(waiting.signal, { ...end, interrupted })
    .catch((error: unknown) => ({ text: messageOf(error), serious: true }));
  for (const name of ENDING) process.off(name, stopWaiting);
  if (outcome !== undefined && (outcome.serious || stderr.isTTY === true)) problems.push(outcome.text);
  if (options.taskFile !== undefined && settings !== undefined && settings.url === undefined)
    notes.push('--task-file was not written: a run has a task only if MIYABI_URL is set');
  if (!options.quiet) for (const text of [...problems, ...notes]) stderr.write(`miyabi: ${text}\n`);
  endLike(end.code, end.signal);
};

/** If two streams are on one terminal, the first to report a new size counts. */
const sizeOf = ({ rows, columns }: NodeJS.WriteStream) => ({ rows, columns });

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];

/** A wrong variable must not keep the command from running: it is reported at the end. */
const settingsOrProblem = (): Readonly<{ settings?: ClientSettings; problem?: string }> => {
  try {
    return { settings: readSettings(process.env) };
  } catch (error) {
    return { problem: `nothing was followed: ${messageOf(error)}` };
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const CTRL_C = 0x03;

/** The user's keys go to the command, byte by byte. Its terminal makes a signal of Ctrl-C, which does not come here. */
const typeInto = (child: Child, onInterrupt: () => void): (() => void) => {
  const onData = (bytes: Buffer) => {
    if (bytes.includes(CTRL_C)) onInterrupt();
    child.type(bytes);
  };
  process.stdin.on('data', onData);
  return () => {
    process.stdin.off('data', onData);
    process.stdin.pause();
  };
};

/**
 * A command that writes to pipes although there is a terminal can keep its colours and widths. Without a terminal
 * nothing is set: then its output is the same as without us, byte by byte.
 */
const hintedEnvironment = (): NodeJS.ProcessEnv => {
  const { env, stdout, stderr } = process;
  const terminal = stderr.isTTY ? stderr : stdout.isTTY ? stdout : undefined;
  if (terminal === undefined || stdout.isTTY !== true) return env;
  const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  return {
    ...(plain
      ? {}
      : { FORCE_COLOR: String({ 4: 1, 8: 2, 24: 3 }[terminal.getColorDepth()] ?? 0), CLICOLOR_FORCE: '1' }),
    COLUMNS: String(terminal.columns),
    ...env,
  };
};
