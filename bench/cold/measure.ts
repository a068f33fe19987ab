import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { apiEvent } from '../../test/support/artifact.ts';
import { type FunctionOptions, startFunction } from '../lambda/function.ts';
import { cleanEnv, LAMBDA_FLAGS, type Runtime } from '../lib/runtimes.ts';
import type { FirstRequest } from './backends.ts';

/** Milliseconds that `node -e 0` takes from its start to its end, with the same flags and environment. */
export const measureBare = async (runtime: Runtime): Promise<number> => {
  const began = performance.now();
  const child = spawn(runtime.path, [...LAMBDA_FLAGS, '-e', '0'], { env: cleanEnv(), stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - began;
};

/**
 * Milliseconds from the start of a process to its first answer, those of processor time that it took by then, and those of
 * them that it took after INIT.
 */
export type First = Readonly<{ ms: number; processorMs: number; requestMs: number }>;

/**
 * Starts a function and asks it once.
 *
 * @throws Error where the answer is not the one it should be: who answers something else has done something else.
 */
export const measureFirst = async (
  options: FunctionOptions,
  request: FirstRequest | undefined,
): Promise<First> => {
  const running = await startFunction(options);
  try {
    await running.ready;
    const initMs = running.processorMs();
    const headers = { authorization: request?.authorization ?? '' };
    const { answer, ms } = await running.invoke(apiEvent('GET', request?.path ?? '/', { headers }), 'start');
    const processorMs = running.processorMs();
    const { statusCode, body } = answer as { statusCode: number; body: string };
    if (statusCode !== 200 || (request !== undefined && body !== request.body)) {
      throw new Error(`${statusCode} ${body} instead of ${request?.body}`);
    }
    return { ms, processorMs, requestMs: processorMs - initMs };
  } finally {
    await running.stop();
  }
};
