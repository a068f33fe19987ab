import { toolFormat } from './kit/tool.ts';

/**
 * Vitest (source: packages/vitest/src/node/reporters). On a terminal it redraws its summary while tests run; the last one
 * has two spaces after its labels. A pipe gets a line for each file, whose tests are added up until the summary.
 */
export const vitest = toolFormat({
  name: 'vitest',
  taskName: 'vitest',
  taskType: 'test',
  counts: 'open',
  hint: {
    begins: [
      ...[
        'RUN  v',
        'DEV  v',
        'RERUN ',
        'FAIL  ',
        'Tests  ',
        'Tests ',
        'Errors  ',
        'Duration  ',
        'Vitest caught ',
      ],
      ...['No test files found', 'ERROR: Coverage for ', '✓ ', '❯ ', '× ', '→ ', '↓ '],
    ],
  },
  patterns: [
    { says: 'begins', line: /^(?:(?:RUN|DEV) {2}v\d+\.\d+\.\d+\S{0,40} |RERUN {2}\S)/ },
    {
      says: 'step',
      line: /^[✓❯×↓] (?:\|[^|]{1,80}\| |[\w@/-]{1,80} {2})?(?<step>\S{1,300}\.[cm]?[jt]sx?) {1,2}\((?<moreDone>\d{1,6}) tests?(?: \| (?<moreFailed>\d{1,6}) failed)?(?: \| (?<moreSkipped>\d{1,6}) skipped)?\)/,
    },
    {
      says: 'step',
      line: /^❯ (?:\|[^|]{1,80}\| )?(?<step>\S{1,300}\.[cm]?[jt]sx?) (?:\[queued\]|\d{1,6}\/\d{1,6})$/,
    },
    { says: 'one done', line: /^✓ (?:\|[^|]{1,80}\| )?(?<step>\S{1,300}\.[cm]?[jt]sx? > .+)$/ },
    { says: 'one failed', line: /^× (?:\|[^|]{1,80}\| )?(?<step>\S{1,300}\.[cm]?[jt]sx? > .+)$/ },
    { says: 'one skipped', line: /^↓ (?:\|[^|]{1,80}\| )?(?<step>\S{1,300}\.[cm]?[jt]sx? > .+)$/ },
    { says: 'broken', line: /^→ (?<reason>.+)$/ },
    {
      says: 'broken',
      line: /^FAIL {2}(?:\|[^|]{1,80}\| )?(?<item>\S{1,300}\.[cm]?[jt]sx? (?:> .+|\[ .+ \]))$/,
    },
    {
      says: 'counts',
      line: /^Tests {1,2}(?:(?<failed>\d{1,7}) failed(?: \| )?)?(?:(?<passed>\d{1,7}) passed(?: \| )?)?(?:(?<skipped>\d{1,7}) skipped(?: \| )?)?(?:\d{1,7} todo)? ?\((?<total>\d{1,7})\)$/,
    },
    { says: 'broken', line: /^Vitest caught \d{1,6} unhandled errors? during the test run\.$/ },
    { says: 'broken', line: /^Errors {2}(?<reason>\d{1,6} errors?)$/ },
    { says: 'closes for now', line: /^Duration {2}\d{1,7}(?:\.\d{1,3})?m?s\b/ },
    // Thresholds are checked after the summary.
    {
      says: 'fails',
      line: /^ERROR: (?<reason>Coverage for \w{1,20} \([\d.]{1,8}%\) does not meet (?:global|"[^"]{1,300}") threshold \([\d.]{1,8}%\))$/,
    },
    { says: 'fails', line: /^(?<reason>No test files found, exiting with code 1)$/ },
    { says: 'ends', line: /^No test files found, exiting with code 0$/ },
  ],
  because: {
    begins: /^(?<reason>[A-Z]\w{0,60}(?:Error|Exception)?(?: \[\w{1,60}\])?: .+)$/,
    between: /^(?:This might cause false positive tests\b.{0,200}|⎯{2,120} Unhandled \w{1,20} ⎯{2,120})$/,
  },
});
