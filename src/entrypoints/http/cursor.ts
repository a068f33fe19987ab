import { createHmac, timingSafeEqual } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { invalidField } from '../../domain/errors.ts';

export type Cursors = Readonly<{
  /** A cursor for a position in the list that `scope` describes: route and filter. */
  seal(scope: string, position: unknown): string;
  /** @throws MiyabiError `invalid_input` where the cursor was changed, or belongs to another list. */
  open(scope: string, cursor: string): unknown;
}>;

const TAG_BYTES = 16;

/** Opaque cursors: the position, signed together with the list it belongs to (HMAC-SHA-256, 128 bits of it). */
export const signedCursors = (secret: string): Cursors => {
  const tagOf = (scope: string, position: Uint8Array) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(scope))
      .update(position)
      .digest()
      .subarray(0, TAG_BYTES);
  return {
    seal(scope, position) {
      const packed = deflateRawSync(JSON.stringify(position));
      return Buffer.concat([tagOf(scope, packed), packed]).toString('base64url');
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const packed = bytes.subarray(TAG_BYTES);
      // Decoding ignores stray bits and characters; only the one text that `seal` wrote is good.
      const canonical = bytes.toString('base64url') === cursor;
      const isGood =
        canonical && packed.length > 0 && timingSafeEqual(bytes.subarray(0, TAG_BYTES), tagOf(scope, packed));
      if (!isGood) throw invalidField('cursor', 'is not one that this list has given; begin without it');
      return JSON.parse(inflateRawSync(packed).toString());
    },
  };
};
