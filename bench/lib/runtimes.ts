import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH } from './set-up.ts';

/** A Node that benchmarks run on. */
export type Runtime = Readonly<{ name: string; path: string }>;

/** The Nodes of Lambda that are installed beside the benchmarks. */
export const lambdaRuntimes = (): readonly Runtime[] =>
  ['node22', 'node24']
    .map((name) => join(BENCH, 'node_modules', name, 'bin/node'))
    .filter((path) => existsSync(path))
    .map((path) => ({
      name: `node ${execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().slice(1)}`,
      path,
    }));

/**
 * The flags that Lambda's managed Node runtime starts with in 256 MB: the heap of 90 % of the memory, a semi-space of
 * 5 %.
 */
export const LAMBDA_FLAGS: readonly string[] = [
  '--expose-gc',
  '--max-http-header-size=81920',
  '--max-semi-space-size=12',
  '--max-old-space-size=230',
];

/** An environment with nothing of this process's in it: one variable can triple the start of a bare Node. */
export const cleanEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  ...more,
});
