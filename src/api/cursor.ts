import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { MiyabiError } from '../domain/errors.ts';

export type Cursors = Readonly<{
  /** A cursor for a position in the list that `scope` describes: route and filter. */
  encrypt(scope: string, position: unknown): string;
  /**
   * The position of a cursor, of the given form.
   *
   * @throws MiyabiError `invalid_input` where the cursor was changed, belongs to another list, or is of another version.
   */
  decrypt<Position>(scope: string, cursor: string, form: v.GenericSchema<unknown, Position>): Position;
}>;

/** The number of cursors kept in memory: most lists are read again unchanged, and encryption took a fifth of that. */
const REMEMBERED = 200;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Goes up whenever the content of a position changes: cursors of other versions are refused, never misread. */
const VERSION = 2;

/**
 * Opaque cursors: the position, encrypted and signed together with its version and its list. A position may name a task
 * that the filter passed over and that the caller may not see.
 */
export const signedCursors = (secret: string): Cursors => {
  const key = createHmac('sha256', secret).update('cursors').digest();
  const known = new LRUCache<string, string>({ max: REMEMBERED });
  const boundTo = (scope: string) => Buffer.from(`${VERSION} ${scope}`);
  return {
    encrypt(scope, position) {
      const plain = JSON.stringify(position);
      const name = `${scope} ${plain}`;
      const found = known.get(name);
      if (found !== undefined) return found;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(scope));
      const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
      const cursor = Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64url');
      known.set(name, cursor);
      return cursor;
    },
    decrypt(scope, cursor, form) {
      const bytes = Buffer.from(cursor, 'base64url');
      const encrypted = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      // Decoding ignores stray bits and characters; only the one text that `encrypt` wrote is accepted.
      if (encrypted.length === 0 || bytes.toString('base64url') !== cursor) throw refused();
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(boundTo(scope))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const plain = decipher.update(encrypted);
      try {
        decipher.final();
        return v.parse(form, JSON.parse(plain.toString()));
      } catch (error) {
        throw refused(error);
      }
    },
  };
};

const RULE = 'is not a cursor of this list, or an earlier release issued it; start again without it';

const refused = (cause?: unknown): MiyabiError =>
  new MiyabiError('invalid_input', `cursor ${RULE}`, { fields: [{ path: 'cursor', reason: RULE }], cause });
