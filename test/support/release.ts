import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the checkout in a folder, without the dashboard: its `dist` is that of a release. */
export const build = async (folder: string): Promise<void> => {
  await run(
    process.execPath,
    [join(folder, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: folder,
    },
  );
};

/** Builds of commits, which do not change. Inside the packages' folder, so that these are found without a link. */
const BUILDS = join(ROOT, 'node_modules/.cache/miyabi/releases');

/** The files of a commit in their own folder, with this checkout's packages, and what `make` builds there. Kept for the next run. */
const kept =
  (suffix: string, make: (folder: string) => Promise<void>) =>
  async (commit: string): Promise<string> => {
    const target = join(BUILDS, `${commit}${suffix}`);
    if (existsSync(target)) return target;
    await mkdir(BUILDS, { recursive: true });
    const folder = await mkdtemp(`${target}-`);
    try {
      await run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, folder], { cwd: ROOT });
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      await make(folder);
      await rename(folder, target).catch(async (error: NodeJS.ErrnoException) => {
        // Another process was quicker.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
      return target;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

/** A checkout of a commit, built. */
export const buildOf = kept('', build);

/** A checkout of a commit with the bundles of its functions, each in `dist/lambda`, by its own build. */
export const bundlesOf = kept('-lambda', async (folder) => {
  await run(process.execPath, ['--import', 'tsx', 'deploy/build/lambda.ts'], { cwd: folder });
});

export type BuiltProgram = Readonly<{
  output(): string;
  errors(): string;
  ended: Promise<number | null>;
  stop(): Promise<void>;
}>;

/** Runs an entrypoint of a build with nothing of this process's environment but the path. */
export const runBuilt = (
  folder: string,
  entrypoint: string,
  args: readonly string[],
  env: Record<string, string>,
): BuiltProgram => {
  const child = spawn(process.execPath, [join(folder, 'dist/entrypoints', entrypoint), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => output,
    errors: () => errors,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

export type BuiltServer = BuiltProgram & Readonly<{ url: string }>;

/** Starts the server of a build on a free port and waits until it answers. */
export const startBuilt = async (folder: string, env: Record<string, string>): Promise<BuiltServer> => {
  const program = runBuilt(folder, 'server.js', [], {
    PORT: '0',
    LOG_LEVEL: 'error',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...env,
  });
  let isOver = false;
  void program.ended.then(() => {
    isOver = true;
  });
  for (;;) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(program.output())?.[0];
    if (url !== undefined) return { ...program, url };
    if (isOver) throw new Error(`the server ended: ${program.errors()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** A release to test against: `missing` is why it cannot be had here. */
export type Release = Readonly<{ version: string; commit: string; missing?: string }>;

const git = async (...args: readonly string[]): Promise<string> =>
  (await run('git', [...args], { cwd: ROOT })).stdout.trim();

/** The last release: the newest tag before this commit, else the last one of `test/golden/releases.json`. */
export const lastRelease = async (): Promise<Release> => {
  const recorded: readonly Release[] = JSON.parse(
    await readFile(join(ROOT, 'test/golden/releases.json'), 'utf8'),
  );
  const last = recorded.at(-1);
  if (last === undefined) throw new Error('test/golden/releases.json names no release');
  try {
    const tag = await git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', 'HEAD^');
    return { version: tag.slice(1), commit: tag };
  } catch {
    // There is no tag yet, or no history.
  }
  try {
    await git('cat-file', '-e', `${last.commit}^{commit}`);
    return last;
  } catch {
    return { ...last, missing: `this checkout has no history that reaches ${last.version} (${last.commit})` };
  }
};

/** Fields that the last release does not send, by name. */
const LATER_FIELDS: ReadonlySet<string> = new Set(['format', 'can_change']);

/** What the last release would answer in place of an answer of these sources. */
export const withoutLaterFields = <T>(json: T): T =>
  // The same value but for these fields, which no caller asks for.
  JSON.parse(JSON.stringify(json, (key, value) => (LATER_FIELDS.has(key) ? undefined : value))) as T;
