/**
 * An id that a client or a log line may choose: safe in a URL path, a Redis key and a DynamoDB key, and different from
 * all keys of Miyabi's own, which contain a `#`.
 */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;
export const ID_RULE = 'must be 1 to 128 letters, digits, or . _ : @ - and start with a letter or digit';

export const isId = (text: string): boolean => ID_PATTERN.test(text);

/**
 * Turns any text into an id: what is not allowed becomes `-`. Two texts may give the same id, so add what distinguishes
 * them. Empty if no character is allowed.
 */
export const toId = (text: string, maxLength = 128): string =>
  text
    .replace(/[^A-Za-z0-9._:@-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, maxLength);

/**
 * Two independent 32-bit FNV-1a hashes over the UTF-16 code units of the parts, in base 36 (14 characters). For
 * comparing identities, not for security. Source of the prime and the first offset basis: draft-eastlake-fnv.
 */
export const fingerprint = (...parts: readonly string[]): string => {
  let first = 0x811c9dc5;
  let second = 0x2f7d1a4b;
  // Without a closure: every line of a log comes through here.
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) {
      const unit = part.charCodeAt(index);
      first = Math.imul(first ^ unit, PRIME);
      second = Math.imul(second ^ (unit + SECOND_SHIFT), PRIME);
    }
    first = Math.imul(first ^ PART_END, PRIME);
    second = Math.imul(second ^ (PART_END + SECOND_SHIFT), PRIME);
  }
  return inBase36(first >>> 0) + inBase36(second >>> 0);
};

const PRIME = 0x01000193;
/** Ends a part, so that the parts `a`, `bc` are not `ab`, `c`. */
const PART_END = 0xffff;
const SECOND_SHIFT = 0x9e37;

/** A 32-bit number in seven digits. `toString(36)` takes several times as long. */
const inBase36 = (number: number): string =>
  String.fromCharCode(
    lastDigit(number / 36 ** 6),
    lastDigit(number / 36 ** 5),
    lastDigit(number / 36 ** 4),
    lastDigit(number / 36 ** 3),
    lastDigit(number / 36 ** 2),
    lastDigit(number / 36),
    lastDigit(number),
  );

/** The character code of the digit before the point. */
const lastDigit = (number: number): number => {
  const digit = Math.floor(number) % 36;
  return digit + (digit < 10 ? 0x30 : 0x57);
};
