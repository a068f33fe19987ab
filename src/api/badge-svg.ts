import type { Badge, BadgeStyle, BadgeTone } from '../domain/badge.ts';
import { markup } from './markup.ts';

/** White text has a contrast of at least 4.5:1 on each of them. */
const COLOURS: Readonly<Record<BadgeTone, string>> = {
  active: '#1d6fb8',
  waiting: '#8a5a00',
  good: '#2a7d3f',
  bad: '#b3261e',
  neutral: '#636363',
};
const LABEL_COLOUR = '#444';
/** The part of a bar that is not done yet. */
const TRACK_COLOUR = '#2b3f52';

const HEIGHT = 20;
const PADDING = 6;
/** Room for a progress bar, also where the text is short. */
const MIN_PROGRESS_WIDTH = 60;
const BAR_WIDTH = 240;
const BAR_HEIGHT = 36;
/** Longer texts are cut; the title has all of them. */
const MAX_LABEL = 60;

/** A badge as an SVG image that loads nothing and runs nothing. */
export const badgeSvg = (badge: Badge, style: BadgeStyle): string =>
  style === 'bar' ? barOf(badge) : lineOf(badge);

const lineOf = (badge: Badge): string => {
  const { message, tone, percentage, isOpen } = badge;
  const label = cut(badge.label);
  const hasProgress = isOpen && percentage !== null;
  const left = widthOf(label) + 2 * PADDING;
  const right = Math.max(widthOf(message) + 2 * PADDING, hasProgress ? MIN_PROGRESS_WIDTH : 0);
  const area = hasProgress
    ? `${box(left, 0, right, HEIGHT, TRACK_COLOUR)}${box(left, 0, share(right, percentage), HEIGHT, COLOURS[tone])}`
    : box(left, 0, right, HEIGHT, COLOURS[tone]);
  const start = left + Math.round((right - widthOf(message)) / 2);
  return image(badge, left + right, HEIGHT, [
    box(0, 0, left, HEIGHT, LABEL_COLOUR),
    area,
    line(PADDING, 14, label),
    line(start, 14, message),
  ]);
};

const barOf = (badge: Badge): string => {
  const { message, tone, percentage } = badge;
  const label = cut(badge.label);
  const width = Math.max(BAR_WIDTH, widthOf(label) + widthOf(message) + 4 * PADDING);
  const track = width - 2 * PADDING;
  return image(badge, width, BAR_HEIGHT, [
    box(0, 0, width, BAR_HEIGHT, LABEL_COLOUR),
    line(PADDING, 15, label),
    line(width - PADDING - widthOf(message), 15, message),
    box(PADDING, 22, track, 8, TRACK_COLOUR),
    box(PADDING, 22, share(track, percentage ?? 0), 8, COLOURS[tone]),
  ]);
};

const image = (
  { label, message }: Badge,
  width: number,
  height: number,
  content: readonly string[],
): string => {
  const name = markup(`${label}: ${message}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"><title>${name}</title><clipPath id="corners"><rect width="${width}" height="${height}" rx="3"/></clipPath><g clip-path="url(#corners)" fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">${content.join('')}</g></svg>\n`;
};

const box = (x: number, y: number, width: number, height: number, colour: string): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${colour}"/>`;

/** A line of text in exactly the width that was reserved for it, in any font of the viewer. */
const line = (x: number, y: number, text: string): string =>
  text === ''
    ? ''
    : `<text x="${x}" y="${y}" textLength="${widthOf(text)}" lengthAdjust="spacingAndGlyphs">${markup(text)}</text>`;

const share = (width: number, percentage: number): number => Math.round((width * percentage) / 100);

const cut = (text: string): string => {
  const characters = [...text];
  return characters.length <= MAX_LABEL ? text : `${characters.slice(0, MAX_LABEL - 1).join('')}…`;
};

/** About the width of a text in Verdana of 11 pixels, by kinds of characters. */
const widthOf = (text: string): number => {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return Math.ceil(width);
};

const characterWidth = (character: string): number => {
  if (/\p{M}|\p{Cf}/u.test(character)) return 0;
  if (/[ijl.,:;'|!()[\] ]/.test(character)) return 4.2;
  if (/[mwMW%@]/.test(character)) return 10.5;
  if (/[A-Z]/.test(character)) return 7.8;
  // Ideographs, kana, Hangul and emoji are as wide as they are high.
  if (
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u.test(
      character,
    )
  )
    return 12;
  return 7;
};
