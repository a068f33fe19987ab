import type { Json } from '../json.ts';
import { fitted, linesWithin, type Notice, type Tone } from './notice.ts';

// Limits of Block Kit: docs.slack.dev/reference/block-kit/blocks. Texts count after escaping.
const HEADER = 150;
const SECTION = 3_000;
const FIELD = 2_000;
/** Of the fallback text, which notifications show. Longer ones are cut by Slack at 40,000. */
const TEXT = 1_000;

const MARKS: Readonly<Record<Tone, string>> = {
  good: ':white_check_mark:',
  bad: ':x:',
  warning: ':warning:',
  neutral: ':information_source:',
};

/** A message of Block Kit, as incoming webhooks take it. */
export const slackMessage = ({ title, tone, facts, cause, lines, link }: Notice): Json => {
  const mark = MARKS[tone];
  const log = codeOf(lines);
  return {
    text: fitted(`${mark} ${title}${cause === undefined ? '' : `: ${cause}`}`, TEXT, escaped),
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: fitted(`${mark} ${title}`, HEADER, escaped), emoji: true },
      },
      ...(cause === undefined ? [] : [section(fitted(cause, SECTION, escaped))]),
      ...(facts.length === 0
        ? []
        : [
            {
              type: 'section',
              fields: facts.map(([name, value]) => ({
                type: 'mrkdwn',
                text: `*${name}*\n${fitted(value, FIELD - name.length - 3, escaped)}`,
              })),
            },
          ]),
      ...(log === '' ? [] : [section(log)]),
      ...(link === undefined
        ? []
        : [
            {
              type: 'context',
              elements: [
                { type: 'mrkdwn', text: `<${escaped(link.url).replaceAll('|', '%7C')}|${link.text}>` },
              ],
            },
          ]),
    ],
  };
};

const section = (text: string): Json => ({ type: 'section', text: { type: 'mrkdwn', text } });

const codeOf = (lines: readonly string[]): string => {
  const fence = '```';
  const shown = linesWithin(lines, SECTION - 10).replaceAll(fence, "'''");
  return shown === '' ? '' : `${fence}\n${fitted(shown, SECTION - 8, escaped)}\n${fence}`;
};

/** Slack reads mentions and links in angle brackets. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
