import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

/** How to write to a stream. `columns` is undefined if it is no terminal. */
export type Look = Readonly<{ colour: boolean; unicode: boolean }>;

type Environment = Readonly<Record<string, string | undefined>>;
type Output = Readonly<{ isTTY?: boolean }>;

/** https://no-color.org: any value that is not empty means no colour; FORCE_COLOR is for logs that keep colours. */
export const lookOf = (env: Environment, output: Output): Look => ({
  colour: isSet(env.NO_COLOR)
    ? false
    : isSet(env.FORCE_COLOR)
      ? env.FORCE_COLOR !== '0'
      : output.isTTY === true && env.TERM !== 'dumb',
  unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '') || process.platform === 'darwin',
});

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Paint = keyof typeof CODES;

export const paint = (text: string, how: Paint, { colour }: Look): string =>
  colour && text !== ''
    ? `\u001b[${CODES[how]}m${text}\u001b[${how === 'bold' || how === 'dim' ? 22 : 39}m`
    : text;

/** Text in which each character takes one column. Measuring any other text takes tens of milliseconds the first time. */
const NARROW = /^[ -~…]*$/;

/** The columns of a text: a Japanese character takes two, an escape none. */
export const widthOf = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text));

/**
 * A text for one line of a terminal, without escapes and control characters, so that text from a log or a server cannot
 * move the cursor or change the window.
 */
export const printable = (text: string): string =>
  stripVTControlCharacters(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim();

let segmenter: Intl.Segmenter | undefined;
const segmentsOf = (text: string) => {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
};

/** At most this many columns of a text without escapes, with `…` if it was cut. */
export const fit = (text: string, columns: number, mark = '…'): string => {
  if (columns <= 0) return '';
  if (widthOf(text) <= columns) return text;
  const room = columns - widthOf(mark);
  if (NARROW.test(text)) return room < 0 ? '' : `${text.slice(0, room)}${mark}`;
  let width = 0;
  let kept = '';
  for (const { segment } of segmentsOf(text.slice(0, columns * 8))) {
    width += widthOf(segment);
    if (width > room) break;
    kept += segment;
  }
  return room < 0 ? '' : `${kept}${mark}`;
};

/** Exactly this many columns. */
export const pad = (text: string, columns: number, side: 'left' | 'right' = 'right'): string => {
  const cut = fit(text, columns);
  const space = ' '.repeat(Math.max(0, columns - widthOf(cut)));
  return side === 'right' ? `${cut}${space}` : `${space}${cut}`;
};

/** `7s`, `1:05`, `2:03:04`: seconds in readable form. */
export const clockText = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(whole % 60)}`;
  return whole < 60 ? `${whole}s` : `${minutes}:${two(whole % 60)}`;
};
