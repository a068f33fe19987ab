import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { cleanEnv, LAMBDA_FLAGS, type Runtime } from './runtimes.ts';
import { CACHE, ROOT } from './set-up.ts';

/**
 * Bundles a program of a benchmark to plain JavaScript, so that any Node runs it without a loader.
 *
 * @param file - Relative to the root of the project.
 * @returns The path of the bundle.
 */
export const bundleWorker = async (file: string): Promise<string> => {
  const outfile = join(CACHE, 'workers', `${file.replaceAll('/', '-').replace(/\.ts$/, '')}.mjs`);
  await mkdir(join(CACHE, 'workers'), { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: [file],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    // Peers keep the form they are installed in, and so do packages with native parts.
    external: [
      'classic-level',
      'dynalite',
      'fastify',
      'express',
      'hono',
      '@hono/*',
      '@middy/*',
      'autocannon',
    ],
    logLevel: 'warning',
    banner: {
      js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);",
    },
  });
  return outfile;
};

/**
 * Runs a bundled program on a runtime with Lambda's flags and a clean environment, hands it `input`, and takes what it
 * gives to `answer`.
 *
 * @throws Error if it ends with another code than 0, without an answer, or not within its limit.
 */
export const runWorker = async <Output>(
  runtime: Runtime,
  program: string,
  input: unknown,
  {
    env = {},
    flags = LAMBDA_FLAGS,
    limitSeconds = 900,
  }: Readonly<{ env?: Record<string, string>; flags?: readonly string[]; limitSeconds?: number }> = {},
): Promise<Output> => {
  const child = spawn(runtime.path, [...flags, program, JSON.stringify(input)], {
    cwd: ROOT,
    env: cleanEnv(env),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise<Output>((resolve, reject) => {
    let answer: { output: Output } | undefined;
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitSeconds * 1_000);
    child.on('message', (message) => {
      answer = message as { output: Output };
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0 && answer !== undefined) resolve(answer.output);
      else if (isLate)
        reject(new Error(`${basename(program)} on ${runtime.name} gave no answer within ${limitSeconds} s`));
      else reject(new Error(`${basename(program)} on ${runtime.name} ended with ${signal ?? code}`));
    });
  });
};
