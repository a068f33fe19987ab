import { readFile, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { RunFacts } from '../../domain/tasks/run.ts';
import { ciFacts } from './ci.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_COMMAND = 4_096;
const MAX_LINE = 256;
const MAX_DIRECTORY = 4_096;

/** What is known about a command that is about to run. `mask` hides the secrets of its command line. */
export const runFacts = async (
  command: readonly string[],
  { env, cwd, mask }: Readonly<{ env: Environment; cwd: string; mask: (text: string) => string }>,
): Promise<RunFacts> => {
  const ci = ciFacts(env);
  const git = await gitFacts(cwd);
  return {
    command: cut(mask(commandLine(command)), MAX_COMMAND),
    ...present('host', oneLine(hostname())),
    ...present('user', oneLine(userName())),
    ...present('directory', oneLine(cwd, MAX_DIRECTORY)),
    // CI services check out a commit, so the branch is known from them alone.
    ...(git === undefined ? {} : { git: { ...present('branch', oneLine(ci.branch ?? '')), ...git } }),
    ...present('ci_url', ci.url),
  };
};

/** A run is named after its program and up to two words after it, before the first option: `npx cdk deploy`. */
export const runName = (command: readonly string[], mask: (text: string) => string): string => {
  const [program = '', ...rest] = command;
  const end = rest.findIndex((word) => !/^[\w@./:-]{1,40}$/.test(word) || word.startsWith('-'));
  const words = rest.slice(0, end === -1 ? 2 : Math.min(2, end));
  return oneLine(mask([basename(program), ...words].join(' '))) || 'run';
};

/** As a shell would read it. */
const commandLine = (command: readonly string[]): string =>
  command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
    .replaceAll('\0', '')
    .toWellFormed();

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`.toWellFormed();

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/g;

const oneLine = (text: string, length = MAX_LINE): string =>
  cut(text.replace(CONTROL, ' ').trim().toWellFormed(), length);

const present = <Name extends string>(name: Name, value: string | undefined) =>
  value === undefined || value === '' ? {} : { [name]: value };

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that has no name.
    return '';
  }
};

/** The branch and the commit of the working directory, read from its files: git itself need not be installed. */
const gitFacts = async (cwd: string): Promise<RunFacts['git']> => {
  try {
    const folder = await gitFolder(cwd);
    if (folder === undefined) return undefined;
    const head = (await readFile(join(folder, 'HEAD'), 'utf8')).trim();
    const ref = /^ref: (refs\/[^\s]{1,250})$/.exec(head)?.[1];
    if (ref === undefined) return isCommit(head) ? { commit: head } : undefined;
    const commit = await commitOf(folder, ref);
    return {
      ...present('branch', oneLine(ref.replace(/^refs\/heads\//, ''))),
      ...present('commit', commit),
    };
  } catch {
    return undefined;
  }
};

const gitFolder = async (cwd: string): Promise<string | undefined> => {
  for (let at = resolve(cwd); ; at = dirname(at)) {
    const path = join(at, '.git');
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return path;
    // In a worktree or a submodule it is a file that says where.
    if (found?.isFile()) {
      const place = /^gitdir: (.+)$/m.exec(await readFile(path, 'utf8'))?.[1];
      return place === undefined ? undefined : resolve(at, place.trim());
    }
    if (dirname(at) === at) return undefined;
  }
};

const commitOf = async (folder: string, ref: string): Promise<string | undefined> => {
  // What worktrees share lies in the folder of the main one.
  const shared = await readFile(join(folder, 'commondir'), 'utf8')
    .then((place) => resolve(folder, place.trim()))
    .catch(() => folder);
  for (const place of new Set([folder, shared])) {
    const loose = await readFile(join(place, ref), 'utf8').catch(() => '');
    if (isCommit(loose.trim())) return loose.trim();
  }
  const packed = await readFile(join(shared, 'packed-refs'), 'utf8').catch(() => '');
  const line = packed.split('\n').find((one) => one.endsWith(` ${ref}`));
  const commit = line?.split(' ')[0] ?? '';
  return isCommit(commit) ? commit : undefined;
};

const isCommit = (text: string): boolean => /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text);
