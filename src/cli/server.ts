import { InvalidIdError, MiyabiApiError, type MiyabiClient, miyabiClient } from '../client/index.ts';
import { CommandFailure, EXIT } from './failure.ts';

/** The longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

export const serverAt = (url: string, apiKey?: string): MiyabiClient =>
  miyabiClient({ baseUrl: url, apiKey, timeoutMs: TIMEOUT_MS, headers: { 'user-agent': 'miyabi-cli' } });

/** The client's error as a failure of the command: the exit code, and a message for the user. */
export const explained = (error: unknown, url: string): unknown => {
  if (error instanceof InvalidIdError) return new CommandFailure(EXIT.usage, error.message, { cause: error });
  if (!(error instanceof MiyabiApiError)) return error;
  const { status, code, message } = error;
  const failure = (exitCode: number, text: string) => new CommandFailure(exitCode, text, { cause: error });
  if (code === 'host_not_allowed' || code === 'origin_not_allowed') {
    return failure(EXIT.refused, `the server at ${url} refuses this address: ${message}`);
  }
  if (status === 401 || status === 403) {
    const words = code === 'unknown' ? '' : `: ${message}`;
    return failure(
      EXIT.refused,
      `the server at ${url} refuses the key (${status}${words}); set MIYABI_API_KEY to one that may do this`,
    );
  }
  return failure(exitCodeOf(error), message);
};

const exitCodeOf = ({ code, isPassing }: MiyabiApiError): number => {
  if (isPassing) return EXIT.unavailable;
  if (code.endsWith('not_found')) return EXIT.notFound;
  return code === 'invalid_input' ? EXIT.usage : EXIT.failed;
};

export const wordsOf = (error: unknown, url: string): string => {
  const failure = explained(error, url);
  return failure instanceof Error ? failure.message : String(failure);
};
