import { fraction, numberBefore } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** `- 3 a.spec.ts:1:2 › …` */
const RESULT = /^- {1,6}\d/;

/** `1) [chromium] › …`, `3 passed (5.2s)` and `1 failed`. */
const RESULT_COUNT = numberBefore(' )', /^\d{1,6}(?:\) | (?:passed|failed|skipped|interrupted|errors?)\b)/);

/** Playwright's line, list and dot reporters (source: packages/playwright/src/reporters): only list prints what is done. */
export const playwright = toolFormat({
  name: 'playwright',
  taskName: 'playwright',
  taskType: 'test',
  counts: 'begun',
  hint: {
    contains: [fraction],
    begins: ['Running ', 'Timed out waiting ', '✓ ', '✘ ', 'ok  ', 'x  '],
    mayBegin: [
      RESULT_COUNT,
      {
        characters: '-',
        holds: (text, at) => text.charAt(at + 1) === ' ' && RESULT.test(text.slice(at, at + 20)),
      },
    ],
  },
  patterns: [
    {
      says: 'begins',
      line: /^Running (?<total>\d{1,6}) tests? using \d{1,4} workers?(?:, shard \d{1,4} of \d{1,4})?$/,
    },
    {
      says: 'counts',
      line: /^\[(?<current>\d{1,6})\/(?<total>\d{1,6})\] (?:\(retries\) )?(?<step>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*)$/,
    },
    {
      says: 'step',
      line: /^(?:✓|ok|✘|x) {1,6}\d{1,6} (?<step>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .* \(retry #\d{1,3}\)(?: \(.{1,20}\))?)$/,
    },
    {
      says: 'one done',
      line: /^(?:✓|ok) {1,6}\d{1,6} (?<step>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*)$/,
    },
    {
      says: 'one failed',
      line: /^(?:✘|x) {1,6}\d{1,6} (?<step>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*)$/,
    },
    {
      says: 'one skipped',
      line: /^- {1,6}\d{1,6} (?<step>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*)$/,
    },
    {
      says: 'broken',
      line: /^\d{1,6}\) (?<item>(?:\[[^\]]{1,80}\] › )?\S{1,300}:\d{1,6}:\d{1,6} › .*?)(?: ─+)?$/,
    },
    { says: 'step', line: /^(?<skipped>\d{1,6}) skipped$/ },
    { says: 'fails', line: /^(?<failed>\d{1,6}) failed$/ },
    // Both come before or after counts that say nothing of them.
    {
      says: 'fails',
      line: /^(?<reason>Timed out waiting \d{1,7}(?:\.\d{1,3})?s for the test suite to run)$/,
    },
    {
      says: 'fails',
      line: /^(?<reason>\d{1,6} errors? (?:was|were) not a part of any test), see above for details$/,
    },
    { says: 'cancels', line: /^\d{1,6} interrupted$/ },
    // A test that passed when it was run again is flaky, so none has failed where this line comes.
    { says: 'concludes', line: /^(?<failed>)\d{1,6} passed \(\d{1,6}(?:\.\d)?(?:ms|s|m|h)\)$/ },
  ],
  because: {
    begins: /^(?<reason>(?:[A-Z]\w{0,60})?Error: .+)$/,
    goesOn: /^(?:Expected|Received)\b.{0,60}: /,
  },
});
