import * as fc from 'fast-check';

/**
 * Any character of Unicode, as `fc.string({ unit: 'binary' })` takes them. That one prepares a table of all of them first,
 * which costs each process a second.
 */
export const anyCharacter = fc
  .nat(0x10ffff)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));
