/**
 * The clock of a row: `Date.toLocaleTimeString()` in any locale, so `8:00:00 PM`, `20:00:00`, `20.00.00`, `오후 8:00:00`,
 * `下午8:00:00`, `٨:٠٠:٠٠ م`. Three numbers, and perhaps words for the half of the day.
 *
 * `t` counts seconds since midnight. `h` is set if the line does not say which half of the day it is: then since
 * midnight or noon.
 */
export type Clock = Readonly<{ t: number; h?: 1 }>;

const LONGEST = 40;

export const clockOf = (column: string): Clock | undefined => {
  if (column.length < 5 || column.length > LONGEST) return undefined;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let numbers = 0;
  let digits = 0;
  let first = 0;
  let behind = 0;
  for (let at = 0; at < column.length; at += 1) {
    const digit = digitOf(column.charCodeAt(at));
    if (digit === -1) {
      digits = 0;
      continue;
    }
    if (numbers === 0) first = at;
    behind = at + 1;
    if (digits === 0) numbers += 1;
    digits += 1;
    if (digits > 2 || numbers > 3) return undefined;
    if (numbers === 1) hour = hour * 10 + digit;
    else if (numbers === 2) minute = minute * 10 + digit;
    else second = second * 10 + digit;
  }
  if (numbers < 3 || hour > 24 || minute > 59 || second > 60) return undefined;
  const rest = minute * 60 + second;
  if (hour === 0 || hour > 12) return { t: (hour % 24) * HOUR + rest };
  return withHalf(hour, rest, column.slice(0, first) + column.slice(behind));
};

const HOUR = 3600;
const HALF_DAY = 12 * HOUR;

const withHalf = (hour: number, rest: number, around: string): Clock => {
  const t = (hour % 12) * HOUR + rest;
  // The most common form is quick to check.
  if (around === ' PM') return { t: t + HALF_DAY };
  if (around === ' AM') return { t };
  const words = around.trim().toLowerCase();
  if (words === '' || NO_HALF.test(words)) return { t: hour * HOUR + rest };
  if (MORNING.test(words)) return { t };
  return AFTERNOON.test(words) ? { t: t + HALF_DAY } : { t, h: 1 };
};

/** Words that stand beside a clock of 24 hours: French Canada's `s`, Bulgaria's `ч.` */
const NO_HALF = /^(?:s$|ч)/;
const MORNING = /^(?:a|π|ص|오전|午前|上午|凌晨|早上|ጥዋት|gh|wd|p\.d)/;
const AFTERNOON = /^(?:p|μ|µ|م|오후|午後|下午|中午|晚上|ከሰዓት|gd|wb|m\.d)/;

/** Zeros of the other decimal digits that `toLocaleTimeString` writes: Arabic, Persian, Devanagari, Bengali, Burmese. */
const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0x1040] as const;

const digitOf = (code: number): number => {
  if (code < 0x80) return code >= 0x30 && code <= 0x39 ? code - 0x30 : -1;
  for (const zero of ZEROS) if (code >= zero && code <= zero + 9) return code - zero;
  return -1;
};

/**
 * The seconds of a clock on an axis that continues past midnight: of all moments that the clock may mean, the one
 * nearest to `near`, which is another moment of the same run.
 */
export const unwrap = ({ t, h }: Clock, near: number | undefined): number => {
  if (near === undefined) return t;
  const cycle = h === 1 ? HALF_DAY : 2 * HALF_DAY;
  return t + Math.round((near - t) / cycle) * cycle;
};
