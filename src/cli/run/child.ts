import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { CommandFailure, EXIT } from '../failure.ts';
import { terminalPace } from './pace.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';

export type Ended = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

/** Receives output. False if the source has to pause until `resume` of that stream. */
export type TakeOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => boolean;

/** A running command. On a pseudo-terminal all its output comes as `stdout`. */
export type Child = Readonly<{
  pid: number;
  /** Resolves when it has ended and its output was read. */
  ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** For all of its process group, if that is not ours: processes in ours have the signal already. */
  killGroup(signal: NodeJS.Signals): void;
  resume(stream: 'stdout' | 'stderr'): void;
  /** The reader of this stream has gone: the command gets SIGPIPE. */
  drop(stream: 'stdout' | 'stderr'): void;
  /** Input for the command; on pipes it reads our own standard input. */
  type(bytes: Buffer): void;
}>;

/** How long to wait, after the command's end, for output that its children still write, in milliseconds. */
const DRAIN_MS = 1_000;
/** A terminal that others still have open has nothing more to read after this time without any, in milliseconds. */
const QUIET_MS = 10;

/**
 * Runs a command whose output comes through pipes. Its standard input is ours.
 *
 * They are named pipes, unlinked at once: what Node makes itself are sockets, which a script cannot open again as
 * `/dev/stderr`.
 *
 * @throws CommandFailure as `env` and `timeout` do: 127 where there is no such command, 126 where it cannot be run.
 */
export const startOnPipes = async (
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  take: TakeOutput,
): Promise<Child> => {
  if (command[0] === '') throw cannotRun('', 'ENOENT');
  const pipes = namedPipes();
  const stdio: StdioOptions = ['inherit', pipes?.stdout.write ?? 'pipe', pipes?.stderr.write ?? 'pipe'];
  const child = spawn(command[0] ?? '', command.slice(1), { stdio, env });
  const readerOf = ({ read: fd }: Pipe, name: 'stdout' | 'stderr') =>
    new Socket({ fd, readable: true, writable: false, ...inSlabs((chunk) => take(name, chunk)) });
  const sources = {
    stdout: pipes === undefined ? flowing(child.stdout, take, 'stdout') : readerOf(pipes.stdout, 'stdout'),
    stderr: pipes === undefined ? flowing(child.stderr, take, 'stderr') : readerOf(pipes.stderr, 'stderr'),
  };
  if (pipes !== undefined) {
    closeSync(pipes.stdout.write);
    closeSync(pipes.stderr.write);
  }
  return follow(await started(child, command), sources, {
    type: nothing,
    killGroup: nothing,
    letGo: nothing,
    leave: () => {
      if (pipes === undefined) return;
      for (const [name, fd] of [
        ['stdout', 1],
        ['stderr', 2],
      ] as const)
        if (sources[name]?.destroyed === false) leaveTo(pipes[name].read, fd);
    },
  });
};

/**
 * A process that the command left running still has its output open. If that output goes on without us, it must also
 * continue after our end: `cat` passes it on, on a reopened end of the pipe, because ours is non-blocking.
 */
const leaveTo = (read: number, to: 1 | 2): void => {
  const path = `/proc/self/fd/${read}`;
  const opened: number[] = [];
  try {
    // Opening it for reading does not wait while we can write to it ourselves.
    opened.push(openSync(path, constants.O_WRONLY));
    const again = openSync(path, constants.O_RDONLY);
    opened.push(again);
    spawn('cat', { stdio: [again, to, 'ignore'], detached: true })
      .on('error', () => undefined)
      .unref();
  } catch {
    // No /proc here: its writer gets SIGPIPE.
  } finally {
    for (const fd of opened) closeSync(fd);
  }
};

/** Runs a command on a pseudo-terminal, as the leader of a session of its own. Otherwise as `startOnPipes`. */
export const startOnTerminal = async (
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  terminal: PseudoTerminal,
  take: TakeOutput,
): Promise<Child> => {
  // Held until the end: otherwise reading would end as soon as no process has the other side open.
  let held = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
  // The leader of a session gets the first terminal that it opens as its own; the shell does that and then replaces
  // itself.
  const attach = 'p=$1; shift; exec "$@" 0<>"$p" 1>&0 2>&0';
  const missing = reasonNotFound(command[0] ?? '', env);
  if (missing !== undefined) {
    closeSync(held);
    closeSync(terminal.master);
    throw cannotRun(command[0] ?? '', missing);
  }
  const child = spawn('/bin/sh', ['-c', attach, 'sh', terminal.path, ...command], {
    stdio: 'ignore',
    env,
    detached: true,
  });
  const pace = terminalPace();
  let resting: NodeJS.Timeout | undefined;
  let isWaiting = false;
  let isOver = false;
  let reads = 0;
  const reading = inSlabs((chunk) => {
    reads += 1;
    isWaiting = !take('stdout', chunk);
    if (isWaiting) return false;
    const rest = isOver ? 0 : pace(chunk.length);
    if (rest === 0) return true;
    resting = setTimeout(() => source.resume(), rest);
    return false;
  });
  const source: ReadStream = new ReadStream(terminal.master, reading);
  /** Letting go hangs the terminal up, and Node then takes a short read for the last one: all must have been read before. */
  const letGoWhenQuiet = () => {
    const before = reads;
    // Behind the next reads, so that what came while this process was busy counts.
    const look = () => {
      if (!source.destroyed && (isWaiting || reads !== before)) letGoWhenQuiet();
      else closeSync(held);
    };
    setTimeout(() => setImmediate(look), QUIET_MS);
  };
  /** Reads what the terminal still holds, bypassing Node's stream. Returns whether no other process has it open. */
  const readRest = (): boolean => {
    closeSync(held);
    const { buffer, callback } = reading.onread;
    try {
      for (;;) callback(readSync(terminal.master, buffer()));
    } catch (error) {
      // Otherwise EAGAIN: a process that the command left running may still write.
      if (error instanceof Error && 'code' in error && error.code === 'EIO') return true;
      held = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
      return false;
    }
  };
  source.once('close', () => clearTimeout(resting));
  const input = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      source.write(bytes, () => done());
    },
  });
  const running = await started(child, command);
  source.resume();
  return follow(
    running,
    { stdout: source, stderr: null },
    {
      type: (bytes) => void input.write(bytes),
      killGroup: (signal) => {
        try {
          process.kill(-running.pid, signal);
        } catch {
          // It has ended meanwhile.
        }
      },
      letGo: () => {
        isOver = true;
        clearTimeout(resting);
        if (!isWaiting && readRest()) {
          source.destroy();
          return;
        }
        if (!isWaiting) source.resume();
        letGoWhenQuiet();
      },
      leave: nothing,
    },
  );
};

const nothing = () => undefined;

/** Memory for output is taken in pieces of this size, in bytes; the last part of one that is smaller than a read is left. */
const SLAB_BYTES = 256 * 1024;
const READ_BYTES = 64 * 1024;

/**
 * Reads output into few large pieces of memory. Node would take 64 KiB for each read and shrink it to the few lines that
 * came, and the garbage collector would have to follow.
 */
const inSlabs = (
  take: (chunk: Buffer) => boolean,
): SocketConstructorOpts &
  Readonly<{ onread: Readonly<{ buffer(): Buffer; callback(bytes: number): boolean }> }> => {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  let used = 0;
  return {
    onread: {
      buffer: () => {
        if (slab.length - used < READ_BYTES) {
          slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
          used = 0;
        }
        return slab.subarray(used);
      },
      callback: (bytes) => {
        const chunk = slab.subarray(used, used + bytes);
        used += bytes;
        return take(chunk);
      },
    },
  };
};

/** A stream of Node's own, where there are no named pipes. */
const flowing = (source: Readable | null, take: TakeOutput, name: 'stdout' | 'stderr'): Readable | null => {
  source?.on('data', (chunk: Buffer) => {
    if (!take(name, chunk)) source.pause();
  });
  return source;
};

type Sources = Readonly<Record<'stdout' | 'stderr', Readable | null>>;

/**
 * `letGo`: the command has ended. `leave`: processes that it left running still have its output open, and are not
 * waited for.
 */
type Ways = Pick<Child, 'type' | 'killGroup'> & Readonly<{ letGo(): void; leave(): void }>;

const follow = (
  child: ChildProcess & { pid: number },
  sources: Sources,
  { type, killGroup, letGo, leave }: Ways,
): Child => {
  const open = (['stdout', 'stderr'] as const).flatMap((name) => {
    const source = sources[name];
    if (source === null) return [];
    // A closed terminal reports EIO where a pipe reports its end.
    source.on('error', () => source.destroy());
    return [new Promise<void>((resolve) => source.once('close', resolve))];
  });
  const exited = new Promise<Ended>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const ended = exited.then(async (how) => {
    letGo();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        leave();
        resolve();
      }, DRAIN_MS);
    });
    await Promise.race([Promise.all(open), late]);
    clearTimeout(timer);
    for (const source of Object.values(sources)) source?.destroy();
    return how;
  });
  return {
    pid: child.pid,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    killGroup,
    resume: (stream) => void (sources[stream] ?? sources.stdout)?.resume(),
    drop: (stream) => void (sources[stream] ?? sources.stdout)?.destroy(),
    type,
  };
};

const started = (child: ChildProcess, command: readonly string[]): Promise<ChildProcess & { pid: number }> =>
  new Promise((resolve, reject) => {
    // A child that was spawned has a pid.
    child.once('spawn', () => resolve(child as ChildProcess & { pid: number }));
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(cannotRun(command[0] ?? '', error.code ?? error.message, error)),
    );
  });

const cannotRun = (name: string, reason: string, cause?: unknown): CommandFailure => {
  if (reason === 'ENOENT')
    return new CommandFailure(
      EXIT.commandNotFound,
      `${name === '' ? "''" : name}: there is no such command`,
      { cause },
    );
  if (reason === 'EACCES')
    return new CommandFailure(EXIT.notExecutable, `${name}: it may not be run`, { cause });
  return new CommandFailure(EXIT.cannotRun, `${name} could not be run: ${reason}`, { cause });
};

/** Where `execvp` looks if there is no PATH. */
const USUAL_PATH = '/bin:/usr/bin';

/** Why `execvp` would not find a command, undefined if it would. Asking a shell would take a process of its own. */
const reasonNotFound = (name: string, env: NodeJS.ProcessEnv): 'ENOENT' | 'EACCES' | undefined => {
  if (name.includes('/')) return undefined;
  if (name === '') return 'ENOENT';
  const paths = (env['PATH'] ?? USUAL_PATH)
    .split(delimiter)
    .map((folder) => join(folder === '' ? '.' : folder, name));
  if (paths.some((path) => isFile(path, constants.X_OK))) return undefined;
  return paths.some((path) => isFile(path, constants.F_OK)) ? 'EACCES' : 'ENOENT';
};

const isFile = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

type Pipe = Readonly<{ read: number; write: number }>;

const namedPipes = (): Readonly<Record<'stdout' | 'stderr', Pipe>> | undefined => {
  if (process.platform === 'win32') return undefined;
  let directory: string | undefined;
  const opened: number[] = [];
  try {
    directory = mkdtempSync(join(tmpdir(), 'miyabi-run-'));
    const paths = { stdout: join(directory, 'stdout'), stderr: join(directory, 'stderr') };
    if (spawnSync('mkfifo', ['-m', '600', paths.stdout, paths.stderr], { stdio: 'ignore' }).status !== 0)
      return undefined;
    const openBoth = (path: string): Pipe => {
      // Readers first: a writer would wait for one.
      const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      opened.push(read);
      const write = openSync(path, constants.O_WRONLY);
      opened.push(write);
      return { read, write };
    };
    return { stdout: openBoth(paths.stdout), stderr: openBoth(paths.stderr) };
  } catch {
    // No place for temporary files: sockets work for all but scripts that open /dev/stderr.
    for (const fd of opened) closeSync(fd);
    return undefined;
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
};
