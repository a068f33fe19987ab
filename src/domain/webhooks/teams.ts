import type { Json } from '../json.ts';
import { cut, fitted, type Notice, type Tone } from './notice.ts';

/** A message may have 28 KB in all; these are UTF-16 code units, of which each may take three bytes. */
const TITLE = 300;
const CAUSE = 2_000;
const FACT = 300;
const LINE = 300;
const MAX_LINES = 12;

const COLOURS: Readonly<Record<Tone, string>> = {
  good: 'Good',
  bad: 'Attention',
  warning: 'Warning',
  neutral: 'Default',
};

/** An Adaptive Card in a message, as a workflow of Teams takes it. */
export const teamsMessage = ({ title, tone, facts, cause, lines, link }: Notice): Json => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: [
          {
            ...textBlock(fitted(title, TITLE, escaped)),
            ...{ size: 'Large', weight: 'Bolder', color: COLOURS[tone] },
          },
          ...(cause === undefined ? [] : [textBlock(fitted(cause, CAUSE, escaped))]),
          ...(facts.length === 0
            ? []
            : [
                {
                  type: 'FactSet',
                  facts: facts.map(([name, value]) => ({
                    title: name,
                    value: fitted(value, FACT, escaped),
                  })),
                },
              ]),
          // A block for each: a line break in a text begins a paragraph.
          ...lines.slice(0, MAX_LINES).map((line) => ({
            ...textBlock(fitted(cut(line, LINE) || ' ', LINE, escaped)),
            ...{ fontType: 'Monospace', size: 'Small', spacing: 'None' },
          })),
        ],
        ...(link === undefined
          ? {}
          : { actions: [{ type: 'Action.OpenUrl', title: link.text, url: link.url }] }),
        msteams: { width: 'Full' },
      },
    },
  ],
});

const textBlock = (text: string) => ({ type: 'TextBlock', text, wrap: true });

/** Text blocks read a part of Markdown. */
const escaped = (text: string): string => text.replace(/[\\*_[\]()#`~-]/g, '\\$&');
