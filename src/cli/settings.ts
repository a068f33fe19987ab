import { homedir } from 'node:os';
import { join } from 'node:path';
import { MiyabiError } from '../domain/errors.ts';
import { ID_RULE, isId } from '../domain/ids.ts';

/** What the command line reads from its environment to call a server. */
export type ClientSettings = Readonly<{
  /** The server's address without a trailing slash; undefined if none is set. */
  url?: string;
  apiKey?: string;
  /** The project of runs and new tasks if the command line names none. */
  project?: string;
  /** Where lines wait that the server has not received yet. */
  spoolDir: string;
  /** How long the end of a run may wait for the server, in milliseconds. */
  flushMs: number;
  /** How often a run says that it is alive, in milliseconds. */
  heartbeatMs: number;
}>;

/** The default address of a server on this machine. */
export const DEFAULT_URL = 'http://127.0.0.1:8787';

const DEFAULT_FLUSH_SECONDS = 10;
const MAX_FLUSH_SECONDS = 3_600;
const DEFAULT_HEARTBEAT_SECONDS = 30;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws MiyabiError `configuration` that names the wrong variable and the reason. */
export const readSettings = (env: Environment): ClientSettings => {
  const { MIYABI_URL: url, MIYABI_API_KEY: apiKey, MIYABI_PROJECT: project } = env;
  return {
    ...(isGiven(url) ? { url: addressOf(url) } : {}),
    ...(isGiven(apiKey) ? { apiKey: headerSafe(apiKey.trim()) } : {}),
    ...(isGiven(project) ? { project: projectOf(project, 'MIYABI_PROJECT') } : {}),
    spoolDir: isGiven(env.MIYABI_SPOOL_DIR) ? env.MIYABI_SPOOL_DIR : join(stateDir(env), 'miyabi', 'spool'),
    flushMs: flushOf(env.MIYABI_FLUSH_SECONDS),
    heartbeatMs: heartbeatOf(env.MIYABI_HEARTBEAT_SECONDS),
  };
};

/** @throws MiyabiError `configuration` if the text is not a valid project id. */
export const projectOf = (text: string, source: string): string => {
  if (!isId(text)) throw new MiyabiError('configuration', `${source} ${ID_RULE}`);
  return text;
};

const isGiven = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

const addressOf = (text: string): string => {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch (error) {
    throw new MiyabiError('configuration', `MIYABI_URL must be a URL such as ${DEFAULT_URL}`, {
      cause: error,
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new MiyabiError('configuration', 'MIYABI_URL must be an http or https URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw new MiyabiError(
      'configuration',
      'MIYABI_URL must not hold a name or password; the key is MIYABI_API_KEY',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/{1,64}$/, '')}`;
};

const headerSafe = (key: string): string => {
  if (!/^[\x21-\x7e]{1,512}$/.test(key))
    throw new MiyabiError('configuration', 'MIYABI_API_KEY holds characters that no key has');
  return key;
};

const flushOf = (text: string | undefined): number => {
  if (!isGiven(text)) return DEFAULT_FLUSH_SECONDS * 1_000;
  const seconds = /^\d{1,5}(?:\.\d{1,3})?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(seconds <= MAX_FLUSH_SECONDS)) {
    throw new MiyabiError(
      'configuration',
      `MIYABI_FLUSH_SECONDS must be a number of seconds from 0 to ${MAX_FLUSH_SECONDS}`,
    );
  }
  return seconds * 1_000;
};

const heartbeatOf = (text: string | undefined): number => {
  if (!isGiven(text)) return DEFAULT_HEARTBEAT_SECONDS * 1_000;
  const seconds = /^\d{1,4}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(seconds >= 1 && seconds <= MAX_FLUSH_SECONDS)) {
    throw new MiyabiError(
      'configuration',
      `MIYABI_HEARTBEAT_SECONDS must be a whole number of seconds from 1 to ${MAX_FLUSH_SECONDS}`,
    );
  }
  return seconds * 1_000;
};

/** Where programs keep state that outlives a session (XDG Base Directory). */
const stateDir = (env: Environment): string =>
  isGiven(env.XDG_STATE_HOME)
    ? env.XDG_STATE_HOME
    : join(isGiven(env.HOME) ? env.HOME : homedir(), '.local', 'state');
