// What an installation of the package takes. Fails where it takes more than it may. Usage: npm run size
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packed } from '../test/support/packed.ts';

const MEGABYTE = 1_000_000;
/** In bytes of files, as npm counts them. */
const MAX_PACKAGE = 3 * MEGABYTE;
const MAX_DEPENDENCIES = 40 * MEGABYTE;

const npm = (cwd: string, ...words: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${words.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
};

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

const folder = mkdtempSync(join(tmpdir(), 'miyabi-size-'));
try {
  // The one that the tests have packed, unless a source has changed since.
  const { tarball } = await packed();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  npm(folder, 'install', '--omit=dev', '--no-audit', '--no-fund', tarball);
  process.stdout.write(npm(folder, 'ls', '--omit=dev', '--depth=1'));
  const modules = join(folder, 'node_modules');
  const own = bytesIn(join(modules, 'miyabi-progress'));
  const rest = bytesIn(modules) - own;
  const report = (what: string, bytes: number, most: number): boolean => {
    const isFine = bytes <= most;
    const megabytes = `${(bytes / MEGABYTE).toFixed(2)} MB of ${most / MEGABYTE} MB`;
    process.stdout.write(`${what}: ${megabytes}${isFine ? '' : ', too much'}\n`);
    return isFine;
  };
  const isSmall = [
    report('the package', own, MAX_PACKAGE),
    report('its dependencies', rest, MAX_DEPENDENCIES),
  ];
  process.exitCode = isSmall.every(Boolean) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
