import { createHmac, timingSafeEqual } from 'node:crypto';
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
  const tagOf = (scope: string, position: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([scope, position]))
      .digest()
      .subarray(0, TAG_BYTES);
  return {
    seal(scope, position) {
      const text = JSON.stringify(position);
      return Buffer.concat([tagOf(scope, text), Buffer.from(text)]).toString('base64url');
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const text = bytes.subarray(TAG_BYTES).toString();
      // Decoding ignores stray bits and characters; only the one text that `seal` wrote is good.
      const canonical = bytes.toString('base64url') === cursor;
      if (
        !canonical ||
        bytes.length <= TAG_BYTES ||
        !timingSafeEqual(bytes.subarray(0, TAG_BYTES), tagOf(scope, text))
      ) {
        throw invalidField('cursor', 'is not one that this list has given; begin without it');
      }
      return JSON.parse(text);
    },
  };
};
