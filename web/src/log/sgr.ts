/** A colour of a terminal: one of its 16 by index, or `#rrggbb`. */
export type Colour = number | string;

/** How a piece of a line looks. What is not there is as the page has it. */
export type Style = Readonly<{
  fg?: Colour;
  bg?: Colour;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
  inverse?: boolean;
}>;

export type Span = Readonly<{ text: string; style: Style }>;

/** A line cannot fill the page with elements: what follows the last of these keeps its style. */
export const MOST_SPANS = 200;

const PLAIN: Style = {};

// Escape sequences of ECMA-48, each with its C1 form: CSI, then strings (OSC, DCS, SOS, PM, APC) that BEL or ST ends, then
// the short ones. A string without an end is no sequence: its text stays visible. Other control characters go, tabs stay.
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
  /(?:\x1b\[|\x9b)([0-?]*)([ -/]*)([@-~])|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;

/** The text of a line without control characters. */
export const plainText = (line: string): string => line.replace(CONTROL, '');

/**
 * A line in pieces of one style each, by its SGR sequences; other control characters are left out. Each line begins
 * plain, as the one before it may be missing. Time and result are linear in the line's length.
 */
export const spansOf = (line: string): readonly Span[] => {
  const spans: Span[] = [];
  let style = PLAIN;
  let from = 0;
  const add = (text: string) => {
    if (text === '') return;
    const last = spans.at(-1);
    if (last !== undefined && (sameStyle(last.style, style) || spans.length >= MOST_SPANS))
      spans[spans.length - 1] = { text: last.text + text, style: last.style };
    else spans.push({ text, style });
  };
  for (const match of line.matchAll(CONTROL)) {
    add(line.slice(from, match.index));
    from = match.index + match[0].length;
    const [, parameters, intermediates, final] = match;
    // `CSI > … m` and the like are other sequences that end as SGR does.
    if (final === 'm' && intermediates === '' && /^[\d:;]*$/.test(parameters ?? ''))
      style = styled(style, parameters ?? '');
  }
  add(line.slice(from));
  return spans;
};

const KEYS = ['fg', 'bg', 'bold', 'dim', 'italic', 'underline', 'strike', 'inverse'] as const;

const sameStyle = (a: Style, b: Style): boolean => a === b || KEYS.every((key) => a[key] === b[key]);

const without = (style: Style, ...keys: readonly (keyof Style)[]): Style =>
  Object.fromEntries(Object.entries(style).filter(([key]) => !keys.some((one) => one === key)));

/** A style after the parameters of one SGR sequence. Unknown ones change nothing. */
const styled = (before: Style, parameters: string): Style => {
  let style = before;
  const codes = parameters.split(';');
  for (let at = 0; at < codes.length; at += 1) {
    const [code = 0, ...rest] = (codes[at] ?? '').split(':').map(Number);
    if (code === 38 || code === 48 || code === 58) {
      const hasColons = rest.length > 0;
      const following = hasColons ? rest : codes.slice(at + 1, at + 5).map(Number);
      const { colour, used } = colourIn(following, hasColons);
      if (!hasColons) at += used;
      if (colour !== undefined && code !== 58) style = { ...style, [code === 38 ? 'fg' : 'bg']: colour };
    } else style = simple(style, code, rest[0]);
  }
  return style;
};

const simple = (style: Style, code: number, kind: number | undefined): Style => {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return kind === 0 ? without(style, 'underline') : { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 9) return { ...style, strike: true };
  if (code === 21) return { ...style, underline: true };
  if (code === 22) return without(style, 'bold', 'dim');
  if (code === 23) return without(style, 'italic');
  if (code === 24) return without(style, 'underline');
  if (code === 27) return without(style, 'inverse');
  if (code === 29) return without(style, 'strike');
  if (code === 39) return without(style, 'fg');
  if (code === 49) return without(style, 'bg');
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 92 };
  return style;
};

/** The colour after a 38 or 48: `5;n`, `2;r;g;b`, and with colons `2:space:r:g:b`, too. `used`: how many were read. */
const colourIn = (
  [kind, ...values]: readonly number[],
  hasColons: boolean,
): Readonly<{ colour: Colour | undefined; used: number }> => {
  if (kind === 5) return { colour: indexed(values[0]), used: 2 };
  if (kind !== 2) return { colour: undefined, used: 1 };
  return { colour: rgb(hasColons && values.length > 3 ? values.slice(1, 4) : values.slice(0, 3)), used: 4 };
};

const isByte = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255;

const rgb = (values: readonly number[]): string | undefined =>
  values.length === 3 && values.every(isByte)
    ? `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}`
    : undefined;

const CUBE = [0, 95, 135, 175, 215, 255];

/** A colour of xterm's 256: 16 of the terminal, a cube of 216, and 24 greys. */
const indexed = (index: number | undefined): Colour | undefined => {
  if (!isByte(index)) return undefined;
  if (index < 16) return index;
  if (index >= 232) return rgb(new Array<number>(3).fill(8 + (index - 232) * 10));
  const place = index - 16;
  return rgb([Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map((step) => CUBE[step] ?? 0));
};
