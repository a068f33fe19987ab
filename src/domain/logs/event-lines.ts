import type { LogEvent } from './event.ts';
import { cutLine, shownLine } from './line-text.ts';
import { masker } from './masking.ts';

/** A line as it is kept and answered. `at` is epoch milliseconds. */
export type KeptLine = Readonly<{ at: number; text: string }>;

/**
 * The lines of events, masked, safe to show and not too long. `insideKey`: how many lines of a private key may still
 * follow, before the first and behind the last. All of them at once cost a fraction of a look at each.
 */
export const eventLines = (
  events: readonly LogEvent[],
  insideKey = 0,
): Readonly<{ lines: readonly KeptLine[]; insideKey: number }> => {
  const times: number[] = [];
  const texts: string[] = [];
  for (const { message, timestamp } of events) {
    const text = withoutLineEnd(message.includes('\r') ? message.replace(/\r\n?/g, '\n') : message);
    texts.push(text);
    times.push(timestamp);
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) times.push(timestamp);
  }
  const mask = masker([], insideKey);
  const raw = texts.join('\n');
  const shown = UNUSUAL.test(raw) ? raw.split('\n').map(shownLine).join('\n') : raw;
  const masked = mask.mask(shown).split('\n');
  return {
    lines: masked.map((text, line) => ({ at: times[line] ?? 0, text: cutLine(text) })),
    insideKey: mask.insideKey(),
  };
};

const UNUSUAL = /[^ -~\t\n]/;

const withoutLineEnd = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x0a) end -= 1;
  return end === text.length ? text : text.slice(0, end);
};
