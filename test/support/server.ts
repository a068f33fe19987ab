import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOf } from './built.ts';
import { coverageEnv } from './cli.ts';
import { shared } from './suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One of our programs in its own process. `ended` gives the exit code, null if a signal ended it. */
export type Program = Readonly<{
  process: ChildProcess;
  output(): string;
  errors(): string;
  ended: Promise<number | null>;
}>;

/** Runs an entrypoint from its sources, with nothing of this process's environment but the path. */
export const runProgram = (
  entrypoint: string,
  {
    args = [],
    env = {},
    input,
  }: Readonly<{ args?: readonly string[]; env?: Record<string, string>; input?: string }> = {},
): Program => {
  const [command = '', ...words] = programOf(`src/entrypoints/${entrypoint}`);
  const child = spawn(command, [...words, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...coverageEnv(), ...env },
    stdio: 'pipe',
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { process: child, output: () => output, errors: () => errors, ended };
};

export type RunningServer = Program & Readonly<{ url: string; dataDir: string }>;

/** Starts the local server on a free port and waits until it reports that it answers. */
export const startServer = async (
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<RunningServer> => {
  const dataDir = env['MIYABI_DATA_DIR'] ?? (await temporaryFolder());
  const program = runProgram('server.ts', {
    args,
    env: { PORT: '0', LOG_LEVEL: 'error', ...env, MIYABI_DATA_DIR: dataDir },
  });
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(program.output())?.[0];
      if (found !== undefined) resolve(found);
    };
    program.process.stdout?.on('data', look);
    void program.ended.then((code) =>
      reject(new Error(`the server ended with ${code}: ${program.errors()}`)),
    );
  });
  return { ...program, url, dataDir };
};

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder, removed when this process ends. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-test-'));
  folders.push(folder);
  return folder;
};

/** Asks again and again until the answer is there; fails at the deadline, in milliseconds. */
export const eventually = async <T>(ask: () => Promise<T | undefined>, deadlineMs = 60_000): Promise<T> => {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** A local server on the memory backend that all tests of a file use. */
export const sharedServer = (): (() => ReturnType<typeof startServer>) =>
  shared(
    'the server',
    () => startServer({ MIYABI_BACKEND: 'memory' }),
    async (running) => {
      running.process.kill();
      await running.ended;
    },
  );
