import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { cleanEnv, LAMBDA_FLAGS, type Runtime } from '../lib/runtimes.ts';
import { RUNTIME_CLIENT } from '../lib/set-up.ts';

/** The share of a core that Lambda gives a function of 256 MB once INIT is over; a whole one is 1,769 MB. */
export const SHARE_OF_256_MB = 256 / 1769;

/** Control groups of version 1 or 2, where this user may make one. */
const GROUPS = [
  { root: '/sys/fs/cgroup/cpu', set: { 'cpu.cfs_period_us': '20000', 'cpu.cfs_quota_us': 'QUOTA' } },
  { root: '/sys/fs/cgroup', set: { 'cpu.max': 'QUOTA 20000' } },
] as const;

export type Quota = Readonly<{ limit(pid: number): void; remove(): void }>;

/**
 * Processor time of a process held to a share of one core, by the kernel's own quota in periods of 20 ms, as Lambda
 * does it. Undefined where control groups cannot be made.
 */
export const openQuota = (share: number): Quota | undefined => {
  const quota = String(Math.round(share * 20_000));
  for (const { root, set } of GROUPS) {
    const folder = join(root, `miyabi-bench-${randomUUID()}`);
    try {
      mkdirSync(folder);
      for (const [file, value] of Object.entries(set)) {
        writeFileSync(join(folder, file), value.replace('QUOTA', quota), { flag: 'r+' });
      }
      return {
        limit: (pid) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)),
        remove: () => rmdirSync(folder),
      };
    } catch {
      try {
        rmdirSync(folder);
      } catch {
        // It was never made.
      }
    }
  }
  return undefined;
};

export type FunctionOptions = Readonly<{
  runtime: Runtime;
  /** Where its files are; the program starts there. */
  folder: string;
  /** `index.handler`. */
  handler?: string;
  name?: string;
  env?: Readonly<Record<string, string>>;
  /** Holds its processor time once INIT is over, which is when it first asks for an event. */
  quota?: Quota | undefined;
}>;

type Deferred<Value> = Readonly<{
  promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
}>;

const deferred = <Value>(): Deferred<Value> => {
  let ends: Omit<Deferred<Value>, 'promise'> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    ends = { resolve, reject };
  });
  return { promise, ...(ends as unknown as Omit<Deferred<Value>, 'promise'>) };
};

export type Invoked = Readonly<{ answer: unknown; ms: number }>;

export type RunningFunction = Readonly<{
  /** Resolves with the milliseconds from the start of the process to its first question for an event. */
  ready: Promise<number>;
  /**
   * Hands it an event as soon as it asks, and resolves with what it answers and the milliseconds that took: since now,
   * or since its process was started.
   *
   * @throws Error where it answers with an error, or ends.
   */
  invoke(event: unknown, since?: 'now' | 'start'): Promise<Invoked>;
  /** Processor time until now, of all threads that live, in milliseconds: what else the machine does hardly shows in it. */
  processorMs(): number;
  /** Resident memory now, in MB. */
  residentMb(): number;
  stop(): Promise<void>;
}>;

/**
 * Starts a function by Lambda's own runtime client, with Lambda's flags and a clean environment, against a Runtime API
 * of our own. The caller stops it.
 */
export const startFunction = async ({
  runtime,
  folder,
  handler = 'index.handler',
  name = 'bench',
  env = {},
  quota,
}: FunctionOptions): Promise<RunningFunction> => {
  let asking: ServerResponse | undefined;
  let pending: (Deferred<Invoked> & Readonly<{ event: string; began: number }>) | undefined;
  let ended: Error | undefined;
  const initialised = deferred<number>();
  initialised.promise.catch(() => undefined);
  const fail = (error: Error) => {
    ended ??= error;
    initialised.reject(error);
    pending?.reject(error);
    pending = undefined;
  };
  const hand = () => {
    if (asking === undefined || pending === undefined) return;
    const response = asking;
    asking = undefined;
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': randomUUID(),
        'lambda-runtime-deadline-ms': String(Date.now() + 25_000),
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
      })
      .end(pending.event);
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path.endsWith('/invocation/next')) {
      initialised.resolve(performance.now() - started);
      if (quota !== undefined && child.pid !== undefined) quota.limit(child.pid);
      asking = response;
      hand();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const ms = performance.now() - (pending?.began ?? 0);
      const body = Buffer.concat(chunks).toString('utf8');
      response.writeHead(202).end('{}');
      if (!path.endsWith('/response')) return fail(new Error(`${name}: ${path} ${body}`));
      const ended = pending;
      pending = undefined;
      ended?.resolve({ answer: body === '' ? undefined : JSON.parse(body), ms });
    });
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const variables = cleanEnv({
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: handler,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_LOG_GROUP_NAME: '/miyabi/system',
    AWS_LAMBDA_LOG_STREAM_NAME: name,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    LOG_LEVEL: 'warn',
    ...env,
  });
  const started = performance.now();
  const child = spawn(runtime.path, [...LAMBDA_FLAGS, RUNTIME_CLIENT, handler], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: variables,
  });
  child.once('exit', (code, signal) => fail(new Error(`${name} ended with ${signal ?? code}`)));
  child.once('error', fail);
  return {
    ready: initialised.promise,
    invoke: (event, since = 'now') => {
      if (ended !== undefined) return Promise.reject(ended);
      const invoked = deferred<Invoked>();
      const began = since === 'start' ? started : performance.now();
      pending = { event: JSON.stringify(event), began, ...invoked };
      hand();
      return invoked.promise;
    },
    processorMs: () => {
      const tasks = `/proc/${child.pid}/task`;
      const nanoseconds = readdirSync(tasks).map((task) => {
        try {
          return Number.parseInt(readFileSync(join(tasks, task, 'schedstat'), 'utf8'), 10);
        } catch {
          // The thread has ended meanwhile.
          return 0;
        }
      });
      return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
    },
    residentMb: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      child.removeAllListeners('exit');
      const closed = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await closed;
      }
      server.closeAllConnections();
      server.close();
    },
  };
};
