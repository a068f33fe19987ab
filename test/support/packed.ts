import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtOnce } from './built-once.ts';
import { cleanCheckout } from './checkout.ts';
import { type Ran, run, scratch, start } from './cli.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is installed is not what coverage counts, and npm takes twice as long while it is measured. */
export const UNCOUNTED = { NODE_V8_COVERAGE: '' };
/**
 * The machine's home: npm keeps its settings and its cache there. It takes from the cache what is there, and asks again
 * soon where no answer comes.
 */
const npmHome = {
  ...UNCOUNTED,
  HOME: process.env['HOME'] ?? '',
  npm_config_prefer_offline: 'true',
  npm_config_fetch_timeout: '30000',
  npm_config_fetch_retries: '5',
};

/** Fails with all that it printed unless it succeeded. */
export const succeeds = (ran: Ran, what: string): Ran => {
  if (ran.code === 0) return ran;
  throw new Error(`${what} ended with ${ran.code}\n${ran.stdout.slice(-4000)}\n${ran.stderr.slice(-4000)}`);
};

export type Packed = Readonly<{
  tarball: string;
  files: readonly string[];
  /** Without dependencies. */
  unpackedBytes: number;
}>;

/** All that goes into the package, and what builds it. */
const SOURCES = [
  ...['src', 'web', 'deploy', 'scripts'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'tsconfig.json', 'tsconfig.build.json'],
];
const REPORT = 'report.json';

const pack = async (folder: string): Promise<void> => {
  const checkout = cleanCheckout();
  try {
    const command = `npm pack --json --silent --pack-destination '${folder}'`;
    const { stdout } = succeeds(await checkout.npm(command, npmHome), 'npm pack');
    writeFileSync(join(folder, REPORT), stdout.slice(stdout.search(/^[[{]/m)));
  } finally {
    checkout.remove();
  }
};

/** The package as `npm publish` would send it, built in a clean copy of these sources, once for all tests. */
export const packed = async (): Promise<Packed> => {
  const folder = await builtOnce('package', SOURCES, pack);
  // Newer versions of npm answer with an object by the name of each package.
  const answer = JSON.parse(readFileSync(join(folder, REPORT), 'utf8')) as Record<string, PackReport>;
  const [report] = Object.values(answer);
  if (report === undefined) throw new Error(`npm pack answered ${JSON.stringify(answer)}`);
  return {
    tarball: join(folder, report.filename),
    files: report.files.map(({ path }) => path),
    unpackedBytes: report.unpackedSize,
  };
};

type PackReport = Readonly<{
  filename: string;
  unpackedSize: number;
  files: readonly Readonly<{ path: string }>[];
}>;

export type Consumer = Readonly<{
  path: string;
  file(name: string, text: string): string;
  /** Runs npm in it, which may ask the registry. */
  npm(command: string): Promise<Ran>;
  shell(command: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Starts a shell command as the leader of a process group, as a terminal does. */
  started(command: string, env?: Readonly<Record<string, string>>): ReturnType<typeof start>;
  remove(): void;
}>;

/** A folder of someone else in which these packages are installed, from the registry or from tarballs. */
export const consumer = async (...specifiers: readonly string[]): Promise<Consumer> => {
  const { path, remove } = scratch();
  const words = (command: string) => ['sh', '-c', `cd '${path}' && ${command}`];
  const npm = (command: string) => run(words(`npm ${command} --no-audit --no-fund`), { env: npmHome });
  writeFileSync(join(path, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  try {
    const quoted = specifiers.map((one) => `'${one}'`).join(' ');
    if (quoted !== '') succeeds(await npm(`install --omit=dev ${quoted}`), 'npm install');
  } catch (error) {
    remove();
    throw error;
  }
  const offline = { ...UNCOUNTED, HOME: path, npm_config_offline: 'true' };
  return {
    path,
    npm,
    file: (name, text) => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    // `npx` must find everything in the folder: without a network it would hang instead of failing.
    shell: (command, env = {}) => run(words(command), { env: { ...offline, ...env } }),
    started: (command, env = {}) =>
      start(words(`exec ${command}`), { env: { ...offline, ...env }, detached: true }),
    remove,
  };
};
