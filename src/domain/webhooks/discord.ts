import type { Json } from '../json.ts';
import { cut, fitted, linesWithin, type Notice, type Tone } from './notice.ts';

// Limits of embeds: discord.com/developers/docs/resources/message#embed-object-embed-limits. All texts of a message
// together may have 6,000 characters.
const TITLE = 256;
const CAUSE = 1_500;
const LOG = 2_200;
const FIELD_VALUE = 300;

const COLOURS: Readonly<Record<Tone, number>> = {
  good: 0x2e7d32,
  bad: 0xc62828,
  warning: 0xf9a825,
  neutral: 0x546e7a,
};

/** A message with one embed. A mention in a text sends no notification. */
export const discordMessage = ({ title, tone, facts, cause, lines, link, timestamp }: Notice): Json => {
  const description = [
    ...(cause === undefined ? [] : [fitted(cause, CAUSE, escaped)]),
    ...(lines.length === 0 ? [] : [codeOf(lines)]),
  ].join('\n');
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: fitted(title, TITLE, escaped),
        color: COLOURS[tone],
        ...(description === '' ? {} : { description }),
        ...(link === undefined ? {} : { url: link.url }),
        ...(facts.length === 0
          ? {}
          : {
              fields: facts.map(([name, value]) => ({
                name,
                value: fitted(value, FIELD_VALUE, escaped),
                inline: true,
              })),
            }),
        ...(timestamp === '' ? {} : { timestamp }),
      },
    ],
  };
};

const codeOf = (lines: readonly string[]): string => {
  const fence = '```';
  return `${fence}\n${cut(linesWithin(lines, LOG).replaceAll(fence, "'''"), LOG)}\n${fence}`;
};

const escaped = (text: string): string => text.replace(/[\\*_~`|>#[\]()<-]/g, '\\$&');
