/**
 * What every line of a format has in it, so that other lines need not be read by it: at least one of these. Reading a
 * line is expensive, looking for a hint is not. A hint proves nothing, but its absence must prove that the format's
 * `read` gives undefined; test/domain/logs/prefilter.test.ts holds each format to that.
 */
export type Hint = Readonly<{
  /** Texts anywhere in the line, and other things that can be searched for. */
  contains?: readonly (string | Find)[];
  /** Keys of a JSON object, of which the line has one, perhaps in a text within the text: `\"status\":`. */
  keys?: readonly string[];
  /** What the line begins with once it is cleaned. Other than ASCII may be left out: such a line is always read. */
  begins?: readonly string[];
  /** The same for what no list of texts can say. */
  mayBegin?: Place;
  /** Colons that are hints by what stands around them; the character after such a colon is one of `characters`. */
  colon?: Place;
  /** What the line ends with; other than ASCII may be left out, too. */
  ends?: readonly string[];
}>;

/** Whether a place in a text is a hint, asked where one of `characters` stands: at the place, or after a colon there. */
export type Place = Readonly<{ characters: string; holds(text: string, at: number): boolean }>;

/** The first place at or after `from`, -1 where there is none. For what is common enough to need a loop of its own. */
export type Find = (text: string, from: number) => number;

const SPACE = 0x20;
const SLASH = 0x2f;

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
export const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

/** Cleaning a line takes a control character out and lets what stands around it meet. */
export const isControl = (code: number): boolean => code < SPACE || (code >= 0x7f && code <= 0x9f);

/** Whether a digit, perhaps after one space, stands next to a place, on the side that `step` tells. */
const isByDigit = (text: string, at: number, step: 1 | -1): boolean => {
  const code = text.charCodeAt(at + step);
  return isDigit(code === SPACE ? text.charCodeAt(at + 2 * step) : code) || isControl(code);
};

/** `3/10`, but no date such as `2026/01/31`. */
const isFraction = (text: string, at: number): boolean =>
  isByDigit(text, at, -1) && isByDigit(text, at, 1) && !isDated(text, at, 1) && !isDated(text, at, -1);

const isDated = (text: string, at: number, step: 1 | -1): boolean => {
  let next = at + step;
  while (isDigit(text.charCodeAt(next))) next += step;
  return next !== at + step && text.charCodeAt(next) === SLASH;
};

/** `3 of 10` */
const isBetweenCounts = (text: string, at: number): boolean =>
  isDigit(text.charCodeAt(at + 3)) && text.charCodeAt(at - 1) === SPACE;

// Each of these has a loop of its own: in one that they shared, each look at a character would cost a call.

/** `45%` */
export const percentage: Find = (text, from) => {
  let at = text.indexOf('%', from);
  while (at !== -1 && !isByDigit(text, at, -1)) at = text.indexOf('%', at + 1);
  return at;
};

/** `3/10` or `3 / 10`, but no date such as `2026/01/31`. */
export const fraction: Find = (text, from) => {
  let at = text.indexOf('/', from);
  while (at !== -1 && !isFraction(text, at)) at = text.indexOf('/', at + 1);
  return at;
};

/** `3 of 10` */
export const countOf: Find = (text, from) => {
  let at = text.indexOf('of ', from);
  while (at !== -1 && !isBetweenCounts(text, at)) at = text.indexOf('of ', at + 1);
  return at;
};

export const DIGITS = '0123456789';
export const SMALL_LETTERS = 'abcdefghijklmnopqrstuvwxyz';
export const LETTERS = SMALL_LETTERS + SMALL_LETTERS.toUpperCase();
