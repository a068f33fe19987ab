import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOf } from './built.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command line as the sources are now. */
export const MIYABI: readonly string[] = programOf('src/entrypoints/cli.ts');

/** The stand-in for `cdk`; its file describes its options. */
export const CDK: readonly string[] = [process.execPath, join(root, 'test/fixtures/cdk/cdk.mjs')];

export type Ran = Readonly<{
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}>;

export type Running = Readonly<{ process: ChildProcess; pid: number; stdout(): string; done: Promise<Ran> }>;

/** Hands the measurement of coverage on to a program, where one is going on. */
export const coverageEnv = (): Readonly<Record<string, string>> => {
  const { NODE_V8_COVERAGE: folder } = process.env;
  return folder === undefined ? {} : { NODE_V8_COVERAGE: folder };
};

/** A home that is not there. What the root user's programs make of it goes with this process. */
const home = join(tmpdir(), `miyabi-no-home-${process.pid}`);
process.once('exit', () => rmSync(home, { recursive: true, force: true }));

/** An environment with nothing of this machine's in it but where programs are. */
export const cleanEnv = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: home,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  ...coverageEnv(),
  ...extra,
});

/** Starts a program in pipes; `detached`: as the leader of a process group of its own. */
export const start = (
  argv: readonly string[],
  {
    env = {},
    input,
    detached = false,
  }: Readonly<{ env?: Readonly<Record<string, string>>; input?: string; detached?: boolean }> = {},
): Running => {
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    env: cleanEnv(env),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
  return {
    process: child,
    pid: child.pid ?? 0,
    stdout: () => text(out),
    done: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, stdout: text(out), stderr: text(err) }));
    }),
  };
};

export const run = (argv: readonly string[], options?: Parameters<typeof start>[1]): Promise<Ran> =>
  start(argv, options).done;

/** A temporary folder for a test. */
export const scratch = (): Readonly<{ path: string; remove(): void }> => {
  const path = mkdtempSync(join(tmpdir(), 'miyabi-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** Waits until something is so. Bounded, so that a test that would wait for ever fails by name; a busy machine takes its time. */
export const until = async (
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> => {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > limitMs)
      throw new Error(`${what} did not come about within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export type Post = Readonly<{
  headers: Readonly<Record<string, unknown>>;
  bytes: number;
  body: Readonly<{
    project_id?: string;
    run_id?: string;
    log_group: string;
    log_stream: string;
    events: readonly Readonly<{ id: string; timestamp: number; message: string }>[];
  }>;
}>;

/** A server that keeps what is posted; `answer` gives the status of each post of lines, by default 200. */
export const sink = async (answer: (count: number) => number = () => 200) => {
  const posts: Post[] = [];
  const requests: { readonly path: string; readonly body: unknown }[] = [];
  let count = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url !== '/api/logs') {
        const body = Buffer.concat(chunks).toString('utf8');
        requests.push({ path: request.url ?? '', body: body === '' ? undefined : JSON.parse(body) });
        response.writeHead(request.url === '/api/tasks' ? 201 : 200, { 'content-type': 'application/json' });
        response.end('{"task_id":"run"}');
        return;
      }
      count += 1;
      const status = answer(count);
      const body = Buffer.concat(chunks);
      if (status === 200)
        posts.push({ headers: request.headers, bytes: body.length, body: JSON.parse(body.toString('utf8')) });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        status === 200 ? '{"tasks":[]}' : JSON.stringify({ code: 'invalid_input', error: `no: ${status}` }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    requests,
    requested: () => count,
    events: () => posts.flatMap(({ body }) => body.events),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** A server that is not Miyabi: it gives the same answer to every request. */
export const stranger = async (status: number, type: string, text: string) => {
  let requested = 0;
  const server = createServer((request, response) => {
    requested += 1;
    request.resume();
    response.writeHead(status, { 'content-type': type });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requested: () => requested,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Whether a program is there, without starting it. */
export const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Whether a program is on this machine. */
export const has = (program: string): boolean =>
  spawnSync(program, ['-V'], { stdio: 'ignore' }).error === undefined;

/** A whole server, as `miyabi serve` runs it. */
export const serveMiyabi = async (port: number, env: Readonly<Record<string, string>>) => {
  const running = start([...MIYABI, 'serve'], { env: { ...env, PORT: String(port), LOG_LEVEL: 'error' } });
  await until('the server answers', () => running.stdout().includes('answers at'), 30_000);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      running.process.kill('SIGTERM');
      await running.done;
    },
  };
};
