import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ran, run } from './cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Checkout = Readonly<{
  path: string;
  /** Runs a shell command in it. */
  npm(command: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
  remove(): void;
}>;

/** What a fresh clone with `npm ci --ignore-scripts` is: the tracked and new files, nothing built. */
export const cleanCheckout = (): Checkout => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-clone-'));
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).stdout;
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    path: folder,
    npm: (command, env = {}) =>
      run(['sh', '-c', `cd '${folder}' && ${command}`], {
        env: { ...env, HOME: folder, NODE_V8_COVERAGE: '' },
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
