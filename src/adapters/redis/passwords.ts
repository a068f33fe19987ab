import { readFileSync } from 'node:fs';
import { MiyabiError } from '../../domain/errors.ts';
import type { Logger } from '../../ports/logger.ts';

export type PasswordOptions = Readonly<{
  password?: string | undefined;
  /** The one before or after it: while a password is replaced, either may be valid. */
  previousPassword?: string | undefined;
  /** A file with passwords, one a line, read with every connection. It takes the place of both. */
  passwordFile?: string | undefined;
  logger: Logger;
}>;

/** Which password the next connection uses. */
export type Passwords = Readonly<{
  /** The password to use, undefined for none, and what to call if Redis refuses it. */
  next(): Readonly<{ password: string | undefined; refused(reason: string): void }>;
}>;

/**
 * The passwords of Redis. One that is refused is followed by the next, in a circle, so that a new password can be set on
 * the server before or after it is set here.
 *
 * @throws MiyabiError `configuration` if the file cannot be read at the start. Later its last content counts.
 */
export const redisPasswords = ({
  password,
  previousPassword,
  passwordFile,
  logger,
}: PasswordOptions): Passwords => {
  const configured = [password, previousPassword].filter((one) => one !== undefined);
  const read = (): readonly string[] =>
    passwordFile === undefined ? configured : passwordsIn(readFileSync(passwordFile, 'utf8'));
  let candidates = startWith(read);
  let at = 0;
  const complaints = new Set<number>();

  const refresh = (): void => {
    let latest: readonly string[];
    try {
      latest = read();
    } catch (error) {
      logger.warn('The file of Redis passwords cannot be read; its last content counts', { error });
      return;
    }
    // A file that is empty is being written.
    if (latest.length === 0 || latest.join('\n') === candidates.join('\n')) return;
    candidates = latest;
    at = 0;
    complaints.clear();
  };

  return {
    next() {
      if (passwordFile !== undefined) refresh();
      const used = { candidates, at };
      return {
        password: candidates[at],
        refused(reason) {
          // A client reports each of its failed commands, and may do so long after another has taken its place.
          if (used.candidates !== candidates || used.at !== at) return;
          if (!complaints.has(at)) logger.error('Redis refuses a password', { reason, number: at + 1 });
          complaints.add(at);
          at = candidates.length === 0 ? 0 : (at + 1) % candidates.length;
        },
      };
    },
  };
};

const passwordsIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const startWith = (read: () => readonly string[]): readonly string[] => {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MiyabiError('configuration', `REDIS_PASSWORD_FILE cannot be read: ${reason}`, { cause: error });
  }
};
