import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtOnce } from './built-once.ts';
import { cleanCheckout } from './checkout.ts';
import { type Ran, run, scratch, start, until } from './cli.ts';
import { shared } from './suite.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is installed is not what coverage counts, and npm takes twice as long while it is measured. */
export const UNCOUNTED = { NODE_V8_COVERAGE: '' };
/**
 * The machine's home: npm keeps its settings and its cache there. It takes from the cache what is there, and asks again
 * soon where no answer comes.
 */
export const npmEnv: Readonly<Record<string, string>> = {
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
    const { stdout } = succeeds(await checkout.npm(command, npmEnv), 'npm pack');
    writeFileSync(join(folder, REPORT), stdout.slice(stdout.search(/^[[{]/m)));
  } finally {
    checkout.remove();
  }
};

/** The package as `npm publish` would send it, built in a clean copy of these sources, once for all tests. */
export const packed = async (): Promise<Packed> => {
  const folder = await builtOnce('package', SOURCES, pack, { isPortable: true });
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

const wordsIn = (path: string, command: string) => ['sh', '-c', `cd '${path}' && ${command}`];

const npmIn = (path: string, command: string): Promise<Ran> =>
  run(wordsIn(path, `npm ${command} --no-audit --no-fund`), { env: npmEnv });

/** Makes someone else's project of an empty folder, with these packages, from the registry or from tarballs. */
const installInto = async (path: string, specifiers: readonly string[]): Promise<void> => {
  writeFileSync(join(path, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const quoted = specifiers.map((one) => `'${one}'`).join(' ');
  if (quoted !== '') succeeds(await npmIn(path, `install --omit=dev ${quoted}`), 'npm install');
};

const consumerIn = ({ path, remove }: ReturnType<typeof scratch>): Consumer => {
  const offline = { ...UNCOUNTED, HOME: path, npm_config_offline: 'true' };
  return {
    path,
    npm: (command) => npmIn(path, command),
    file: (name, text) => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    // `npx` must find everything in the folder: without a network it would hang instead of failing.
    shell: (command, env = {}) => run(wordsIn(path, command), { env: { ...offline, ...env } }),
    started: (command, env = {}) =>
      start(wordsIn(path, `exec ${command}`), { env: { ...offline, ...env }, detached: true }),
    remove,
  };
};

/** A folder of someone else in which these packages are installed. */
export const consumer = async (...specifiers: readonly string[]): Promise<Consumer> => {
  const folder = scratch();
  try {
    await installInto(folder.path, specifiers);
  } catch (error) {
    folder.remove();
    throw error;
  }
  return consumerIn(folder);
};

const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>;
};
const MCP = '@modelcontextprotocol/server';

/** What `docs/opentelemetry.md` has users install, as it is written there. */
const tracingPackages = (): readonly string[] =>
  readFileSync(join(ROOT, 'docs/opentelemetry.md'), 'utf8').match(/@opentelemetry\/[\w-]+@[\d.]+/g) ?? [];

/**
 * A folder with the packed package and what users install beside it: an older TypeScript, the SDK that `miyabi mcp` needs, and
 * the packages for traces.
 * What npm has installed is shared by all processes, the folder is this one's.
 */
export const installed = shared(
  'the installed package',
  async (): Promise<Consumer> => {
    const { tarball } = await packed();
    const home = await builtOnce(
      'installed',
      [...SOURCES, 'docs/opentelemetry.md'],
      (folder) =>
        installInto(folder, [
          ...[tarball, 'typescript@5.9', `${MCP}@${devDependencies[MCP]}`],
          ...tracingPackages(),
        ]),
      { isPortable: true },
    );
    const mine = scratch();
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(home, file), join(mine.path, file));
    symlinkSync(join(home, 'node_modules'), join(mine.path, 'node_modules'));
    return consumerIn(mine);
  },
  ({ remove }) => remove(),
);

export type Serving = Readonly<{ url: string; printed(): string; stop(): Promise<Ran> }>;

/** Starts `npx miyabi-progress serve` in a folder, on a free port. `stop` ends it as Ctrl-C does. */
export const serving = async (
  { started }: Consumer,
  env: Readonly<Record<string, string>> = {},
): Promise<Serving> => {
  const server = started('npx miyabi-progress serve', { PORT: '0', MIYABI_DATA_DIR: 'data', ...env });
  const stop = () => {
    process.kill(-server.pid, 'SIGINT');
    return server.done;
  };
  const address = () => /http:\/\/127\.0\.0\.1:\d+/.exec(server.stdout())?.[0];
  let ended: Ran | undefined;
  void server.done.then((ran) => {
    ended = ran;
  });
  try {
    await until('the server answers', () => address() !== undefined || ended !== undefined, 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = address();
  if (url === undefined) throw new Error(`the server ended: ${ended?.stdout}${ended?.stderr}`);
  return { url, printed: () => server.stdout(), stop };
};
