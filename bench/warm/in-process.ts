// One GET of a task, in process: our function from an event of API Gateway to its answer, and each peer's. Run by
// `benchmark.ts` on each Node.
import assert from 'node:assert/strict';
import { memoryRateLimiter } from '../../src/adapters/memory/rate-limiter.ts';
import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { readConfig } from '../../src/config.ts';
import { compose } from '../../src/container/compose.ts';
import { apiLambda } from '../../src/entrypoints/lambda/http.ts';
import type { RateLimiter } from '../../src/ports/rate-limiter.ts';
import { ADMIN_ENTRY, ADMIN_KEY, apiEvent } from '../../test/support/artifact.ts';
import { answer, input } from '../lib/in-worker.ts';
import { interleave } from '../lib/interleave.ts';
import { type Handler, peers } from './peers.ts';
import { type Calls, callsOf } from './sampling.ts';

export type InProcess = Readonly<Record<string, readonly Calls[]>>;

const { rounds, batchMs } = input<{ rounds: number; batchMs: number }>();
const SECRET = 'a-secret-of-32-characters-or-more';

/** What a browser's or a program's request arrives with behind API Gateway. */
const HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br',
  authorization: `Bearer ${ADMIN_KEY}`,
  'content-length': '0',
  host: 'abcdefghij.execute-api.us-east-1.amazonaws.com',
  'user-agent': 'miyabi-bench/1.0',
  'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
};

const main = async (): Promise<void> => {
  // As production composes it, but with everything in memory.
  const config = readConfig({ MIYABI_BACKEND: 'memory', LOG_LEVEL: 'silent', API_KEYS: ADMIN_ENTRY });
  const services = await compose(config);
  const ours = (rateLimiter: RateLimiter | undefined): Handler => {
    const app = httpApp({ ...services, cursors: signedCursors(SECRET) }, services.logger, {
      apiKeys: config.apiKeys,
      rateLimiter,
      streaming: false,
    });
    return apiLambda(app) as unknown as Handler;
  };
  const free = ours(undefined);
  const counted = ours(memoryRateLimiter({ clock: services.clock, limit: 1e9 }));
  const task = {
    task_id: 'deploy-of-the-shop',
    task_name: 'Deploy of the shop',
    task_type: 'cdk_deploy',
    project_id: 'shop',
    status: 'completed',
    progress: { current: 42, total: 42 },
    labels: { stage: 'production', region: 'us-east-1' },
  } as const;
  const path = `/api/tasks/${task.task_id}`;
  const right = { ...apiEvent('GET', path), rawPath: path, headers: HEADERS };
  // What is refused costs less, and proves nothing.
  const wrong = { ...right, headers: { ...HEADERS, authorization: 'Bearer wrong' } };
  await services.tasks.create(task);
  const { body } = await free(right);
  const tasks = new Map([[task.task_id, { version: 1, json: body }]]);
  const [keyHash = ''] = ADMIN_ENTRY.split(':');
  const handlers: Record<string, Handler> = {
    ours: free,
    'ours, requests counted': counted,
    ...(await peers({ tasks, keyHash })),
  };

  const sampled: Record<string, Calls[]> = {};
  const measures = Object.entries(handlers).map(([name, handler]) => [
    name,
    async () => {
      assert.equal((await handler({ ...wrong })).statusCode, 401, name);
      const { statusCode, body: answered } = await handler({ ...right });
      assert.deepEqual({ statusCode, answered }, { statusCode: 200, answered: body }, name);
      // No variant pays for garbage of another.
      globalThis.gc?.();
      // Some write into their event, which is a new one each time.
      const calls = await callsOf(() => handler({ ...right }), { forMs: batchMs });
      sampled[name] = [...(sampled[name] ?? []), calls];
      return calls.p50;
    },
  ]);
  const warmups = 4;
  await interleave(Object.fromEntries(measures), { rounds, warmups });
  answer(
    Object.fromEntries(
      Object.entries(sampled).map(([name, calls]) => [name, calls.slice(warmups)]),
    ) satisfies InProcess,
  );
  await services.close();
};

await main();
