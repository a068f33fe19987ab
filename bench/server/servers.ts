import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Loaded } from '../lib/load.ts';
import { cleanEnv, type Runtime } from '../lib/runtimes.ts';
import { ROOT } from '../lib/set-up.ts';
import { bundleWorker } from '../lib/worker.ts';
import type { Load } from './load.ts';
import type { Answer, Peer } from './peers.ts';

/** A server in a process of its own. */
export type Running = Readonly<{ url: string; pid: number; close(): Promise<void> }>;

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
};

/** Our local server as `npm start` runs it, with everything in memory. */
export const startMiyabi = async (runtime: Runtime, flags: readonly string[] = []): Promise<Running> => {
  const program = await bundleWorker('src/entrypoints/server.ts');
  const child = spawn(runtime.path, [...flags, program], {
    cwd: ROOT,
    env: cleanEnv({ MIYABI_BACKEND: 'memory', PORT: '0', LOG_LEVEL: 'warn' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Unlike the peers it has no IPC channel, so it would outlive this process.
  const leave = () => child.kill();
  process.once('exit', leave);
  child.once('exit', () => process.off('exit', leave));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /answers at (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, pid: child.pid ?? 0, close: () => ended(child) };
  }
  throw new Error(`the local server did not start on ${runtime.name}`);
};

/** Another server that answers the same. */
export const startPeer = async (runtime: Runtime, peer: Peer, answer: Answer): Promise<Running> => {
  const program = await bundleWorker('bench/server/peers.ts');
  const child = spawn(runtime.path, [program, JSON.stringify({ peer, answer })], {
    cwd: ROOT,
    env: cleanEnv({ NODE_ENV: 'production' }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const port = await heardFrom<{ port: number }>(child, `${peer} on ${runtime.name}`);
  return { url: `http://127.0.0.1:${port.port}`, pid: child.pid ?? 0, close: () => ended(child) };
};

/** A client in a process of its own, on the same Node for every server. */
export const startLoad = async (runtime: Runtime) => {
  const program = await bundleWorker('bench/server/load.ts');
  const child = spawn(runtime.path, [program], {
    cwd: ROOT,
    env: cleanEnv(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    run: async (load: Load): Promise<Loaded> => {
      child.send(load);
      const { loaded, failed } = await heardFrom<{ loaded?: Loaded; failed?: string }>(child, 'the client');
      if (loaded === undefined) throw new Error(failed);
      return loaded;
    },
    close: () => ended(child),
  };
};

const heardFrom = <Message>(child: ChildProcess, who: string): Promise<Message> =>
  new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`${who} ended`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as Message);
    });
  });
