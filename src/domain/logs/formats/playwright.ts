import { DIGITS, fraction, isDigit, type Place } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** `1) [chromium] › …`, `3 passed (5.2s)` and `1 failed`. */
const RESULT: Place = {
  characters: DIGITS,
  holds(text, start) {
    let at = start;
    while (isDigit(text.charCodeAt(at))) at += 1;
    return text.startsWith(') ', at) || text.startsWith(' passed', at) || text.startsWith(' failed', at);
  },
};

/** Playwright's line, list and dot reporters (source: packages/playwright/src/reporters/base.ts and line.ts). */
export const playwright = toolFormat({
  name: 'playwright',
  taskName: 'playwright',
  taskType: 'test',
  counts: 'begun',
  hint: {
    contains: [fraction],
    begins: ['Running '],
    mayBegin: RESULT,
  },
  patterns: [
    {
      says: 'begins',
      line: /^Running \d{1,6} tests? using \d{1,4} workers?(?:, shard \d{1,4} of \d{1,4})?$/,
    },
    {
      says: 'counts',
      line: /^\[(?<current>\d{1,6})\/(?<total>\d{1,6})\] (?:\(retries\) )?(?<step>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*)$/,
    },
    {
      says: 'broken',
      line: /^\d{1,6}\) (?<item>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*?)(?: ─+)?$/,
    },
    { says: 'fails', line: /^(?<reason>\d{1,6} failed)$/ },
    { says: 'ends', line: /^\d{1,6} passed \(\d{1,6}(?:\.\d)?(?:ms|s|m|h)\)$/ },
  ],
});
