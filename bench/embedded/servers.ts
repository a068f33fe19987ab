import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cleanEnv, type Runtime } from '../lib/runtimes.ts';
import { ROOT } from '../lib/set-up.ts';
import { bundleWorker } from '../lib/worker.ts';
import type { PeerInput } from './peers.ts';

/** A server in a process of its own; `startMs` is how long it took until it answered. */
export type Running = Readonly<{ url: string; pid: number; startMs: number; close(): Promise<void> }>;

/** A program that says where it answers, in a process of its own. `startMs` is how long that took. */
const started = async (
  path: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Running> => {
  const began = performance.now();
  const child = spawn(path, args, {
    cwd: ROOT,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Ours does not notice that this process has ended, and would outlive it.
  const leave = () => child.kill();
  process.once('exit', leave);
  const close = async () => {
    process.off('exit', leave);
    child.kill();
    await exit;
  };
  const running = (url: string): Running => ({
    url,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    close,
  });
  const announced = new Promise<Running>((resolve) =>
    child.once('message', (message: { port: number }) =>
      resolve(running(`http://127.0.0.1:${message.port}`)),
    ),
  );
  const printed = (async () => {
    if (child.stdout === null) return announced;
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /answers at (\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stdout.resume();
      return running(url);
    }
    return announced;
  })();
  return Promise.race([announced, printed, exit.then(() => Promise.reject(new Error(`${args[0]} ended`)))]);
};

/** Our server as `npm start` runs it. */
export const startMiyabi = async (runtime: Runtime, folder: string): Promise<Running> =>
  started(runtime.path, [await bundleWorker('src/entrypoints/server.ts')], {
    MIYABI_DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
  });

export const startPeer = async (runtime: Runtime, input: PeerInput): Promise<Running> =>
  started(runtime.path, [await bundleWorker('bench/embedded/peers.ts'), JSON.stringify(input)], {
    NODE_ENV: 'production',
  });

export const post = async (url: string, path: string, body: unknown): Promise<void> => {
  const send = () =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  // On a busy machine a connection may be closed as idle while it is being used again.
  const response = await send().catch((error: unknown) => {
    if (error instanceof Error && isClosed(error)) return send();
    throw error;
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
};

const isClosed = ({ cause }: Error): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'UND_ERR_SOCKET';

/** Makes many things, 32 at a time. */
export const fill = async (count: number, make: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await make(index);
      }
    }),
  );
};

export const inFolder = async <T>(run: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-bench-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
