/**
 * What every line of a format contains, at least one of these, so that other lines need not be read by it. Reading a
 * line is expensive, looking for a hint is not. A hint proves nothing, but without one the format's `read` must return
 * undefined; test/domain/logs/prefilter.test.ts checks each format.
 */
export type Hint = Readonly<{
  /** Texts anywhere in the line, and other patterns that can be searched for. */
  contains?: readonly (string | Find)[];
  /** Keys of a JSON object, at least one of which is in the line, perhaps in a text within the text: `\"status\":`. */
  keys?: readonly string[];
  /** How the cleaned line begins. Characters outside ASCII may be left out: such a line is always read. */
  begins?: readonly string[];
  /** The same, for beginnings that no list of texts can cover. */
  mayBegin?: Place | readonly Place[];
  /** Colons that are hints because of their context; the character after such a colon is one of `characters`. */
  colon?: Place;
  /** How the line ends. Characters outside ASCII may be left out here too. */
  ends?: readonly string[];
}>;

/**
 * Whether a position in a text is a hint. It is called where one of `characters` is: at the position, or after a colon
 * there. `afterNumber`: at the position is a number, and one of these characters follows it.
 */
export type Place = Readonly<{
  characters: string;
  afterNumber?: string;
  holds(text: string, at: number): boolean;
}>;

/**
 * The first hint at or after `from`, -1 if there is none. For characters that are common enough to need their own loop.
 */
export type Find = (text: string, from: number) => number;

const SPACE = 0x20;
const SLASH = 0x2f;

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
export const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

/** Cleaning a line removes control characters and joins the text around them. */
export const isControl = (code: number): boolean => code < SPACE || (code >= 0x7f && code <= 0x9f);

/** Whether a digit, perhaps after one space, is next to a position, on the side that `step` gives. */
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

// Each of these has its own loop: in a shared loop, each look at a character would cost a call.

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

/**
 * A number at the beginning of a line that `line` matches up to its 80th character; one of `after` follows the number,
 * which few numbers in other logs have.
 */
export const numberBefore = (after: string, line: RegExp): Place => ({
  characters: DIGITS,
  afterNumber: after,
  holds: (text, at) => line.test(text.slice(at, at + 80)),
});

/** The position after the digits that begin at `at`. */
export const numberEnd = (text: string, at: number): number => {
  let next = at;
  while (isDigit(text.charCodeAt(next))) next += 1;
  return next;
};
