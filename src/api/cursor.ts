import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { MiyabiError } from '../domain/errors.ts';

export type Cursors = Readonly<{
  /** A cursor for a position in the list that `scope` describes: route and filter. */
  seal(scope: string, position: unknown): string;
  /** @throws MiyabiError `invalid_input` where the cursor was changed, or belongs to another list. */
  open(scope: string, cursor: string): unknown;
}>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Opaque cursors: the position, encrypted and signed together with the list it belongs to. What a walk remembers holds
 * the ids of tasks that its caller may not see.
 */
export const signedCursors = (secret: string): Cursors => {
  const key = createHmac('sha256', secret).update('cursors').digest();
  return {
    seal(scope, position) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(
        Buffer.from(scope),
      );
      const packed = cipher.update(deflateRawSync(JSON.stringify(position)));
      cipher.final();
      return Buffer.concat([nonce, cipher.getAuthTag(), packed]).toString('base64url');
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const packed = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      // Decoding ignores stray bits and characters; only the one text that `seal` wrote is good.
      if (packed.length === 0 || bytes.toString('base64url') !== cursor) throw notOurs();
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(scope))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const plain = decipher.update(packed);
      try {
        decipher.final();
      } catch (error) {
        throw notOurs(error);
      }
      return JSON.parse(inflateRawSync(plain).toString());
    },
  };
};

const notOurs = (cause?: unknown): MiyabiError =>
  new MiyabiError('invalid_input', `cursor ${RULE}`, { fields: [{ path: 'cursor', reason: RULE }], cause });
const RULE = 'is not one that this list has given; begin without it';
