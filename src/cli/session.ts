import { NOTHING_LISTENS } from '../client/error.ts';
import type { MiyabiClient } from '../client/index.ts';
import { CommandFailure, EXIT } from './failure.ts';
import { explained, serverAt } from './server.ts';
import { type ClientSettings, DEFAULT_URL, readSettings } from './settings.ts';
import { type Look, lookOf } from './terminal/terminal.ts';

/** The context of a command that calls a server. */
export type Session = Readonly<{
  client: MiyabiClient;
  settings: ClientSettings;
  look: Look;
  /** Columns of standard output, undefined if it is no terminal: then nothing is cut. */
  columns: number | undefined;
  print(text: string): void;
  printJson(value: unknown): void;
}>;

/** Runs a command with a client. */
export const withServer = async (act: (session: Session) => Promise<void>): Promise<void> => {
  const settings = readSettings(process.env);
  const client = serverAt(settings.url ?? DEFAULT_URL, settings.apiKey);
  const { stdout } = process;
  // `miyabi tasks | head` is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  try {
    await act({
      client,
      settings,
      look: lookOf(process.env, stdout),
      columns: stdout.isTTY ? stdout.columns : undefined,
      print: (text) => void stdout.write(text),
      printJson: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    });
  } catch (error) {
    throw withHint(explained(error, client.url), client.url);
  }
};

const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|$)/;

/** If nothing listens on this machine, the user can start a server. */
const withHint = (failure: unknown, url: string): unknown =>
  failure instanceof CommandFailure && failure.message.endsWith(NOTHING_LISTENS) && LOCAL.test(url)
    ? new CommandFailure(
        failure.exitCode,
        `${failure.message}; start one with miyabi serve, or set MIYABI_URL`,
        { cause: failure.cause },
      )
    : failure;

/** `--label team=shop`, repeatable. */
export const takePair = (
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const mark = text.indexOf('=');
  if (mark < 1) throw new CommandFailure(EXIT.usage, `${text} must look like name=value`);
  return { ...before, [text.slice(0, mark)]: text.slice(mark + 1) };
};

/** A count given as an option. */
export const takeCount = (text: string): number => {
  if (!/^\d{1,12}$/.test(text)) throw new CommandFailure(EXIT.usage, `${text} must be a whole number`);
  return Number(text);
};

/** The most items of a list. */
export const takeLimit = (text: string): number => {
  const limit = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new CommandFailure(EXIT.usage, `${text} must be a whole number from 1`);
  return limit;
};

/** The commands that give an empty server its first tasks: `miyabi run` needs a server address. */
export const runHint = ({ url }: ClientSettings): string =>
  `${url === undefined ? `MIYABI_URL=${DEFAULT_URL} ` : ''}miyabi run -- npx cdk deploy --all`;
