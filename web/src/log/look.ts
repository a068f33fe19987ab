import type { Colour, Style } from './sgr.ts';

/** What xterm paints its 16 colours with, for backgrounds; as text they come from the style sheet. */
const PALETTE = [
  '#000000',
  '#cd0000',
  '#00cd00',
  '#cdcd00',
  '#0000ee',
  '#cd00cd',
  '#00cdcd',
  '#e5e5e5',
  '#7f7f7f',
  '#ff0000',
  '#00ff00',
  '#ffff00',
  '#5c5cff',
  '#ff00ff',
  '#00ffff',
  '#ffffff',
];

/** Classes and inline colours of a piece. Text is readable on every background: black or white, by contrast. */
export type Look = Readonly<{ classes: string; colours?: Readonly<Record<string, string>> }>;

export const lookOf = (style: Style): Look => {
  const classes = (['bold', 'italic', 'underline', 'strike'] as const)
    .filter((name) => style[name])
    .map((name) => `sgr-${name}`);
  const { fg, bg } = style.inverse ? { fg: style.bg, bg: style.fg } : style;
  if (bg !== undefined) {
    const background = hexOf(bg);
    return { classes: classes.join(' '), colours: { background, color: inkOn(background) } };
  }
  if (style.inverse) classes.push('sgr-inverse');
  else if (typeof fg === 'number') classes.push(`sgr-${fg}`);
  else if (fg !== undefined) return { classes: [...classes, 'sgr-rgb'].join(' '), colours: { '--sgr': fg } };
  else if (style.dim) classes.push('sgr-dim');
  return { classes: classes.join(' ') };
};

const hexOf = (colour: Colour): string => (typeof colour === 'number' ? (PALETTE[colour] ?? '') : colour);

/** Black or white, whichever has the higher contrast by WCAG: the two are equal at a luminance of 0.179. */
const inkOn = (hex: string): string => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
};
