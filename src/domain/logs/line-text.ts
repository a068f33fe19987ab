import { stripEscapes } from './lines.ts';

/** Longer lines are cut when they are kept or answered, in UTF-16 code units. */
export const MAX_SHOWN_LINE = 8_192;

/** Most lines have nothing else in them, and one range is the fastest to look for. */
const UNUSUAL = /[^ -~\t]/;
/** Colours and the like: the only escapes that stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this looks for
const SGR = /^\u001b\[[\d;:]{0,64}m$/;
/** What orders text against its order of writing, and halves of surrogate pairs. */
const MISLEADING = /[\p{Bidi_Control}\p{Surrogate}]/gu;
/** Where a cut has left the beginning of an escape or of a surrogate pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this looks for
const CUT_END = /(?:\u001b\[?[\d;:]*|[\ud800-\udbff])$/;

/**
 * A line that is safe to show anywhere: of the terminal's escapes only those of colours stay (SGR), other control
 * characters but tabs go, and what could make text read as another becomes U+FFFD.
 */
export const shownLine = (raw: string): string => {
  if (!UNUSUAL.test(raw)) return raw;
  return stripEscapes(raw, SGR).replace(MISLEADING, '\ufffd');
};

/** A line as it is kept: not longer than `MAX_SHOWN_LINE`, with `…` where the rest was cut. */
export const cutLine = (line: string): string =>
  line.length <= MAX_SHOWN_LINE ? line : `${line.slice(0, MAX_SHOWN_LINE).replace(CUT_END, '')}…`;

/** A line without its colours. */
export const plainLine = (shown: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this looks for
  shown.includes('\u001b') ? shown.replace(/\u001b\[[\d;:]*m/g, '') : shown;

/** Whether a line contains a text, ignoring case and colours. */
export const hasText = (shown: string, wanted: string): boolean =>
  plainLine(shown).toLowerCase().includes(wanted.toLowerCase());
