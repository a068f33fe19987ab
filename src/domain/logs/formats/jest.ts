import { toolFormat } from './kit/tool.ts';

/** Jest (source: packages/jest-reporters): its summary counts tests, and its last line is the same whether they passed or failed. */
export const jest = toolFormat({
  name: 'jest',
  taskName: 'jest',
  taskType: 'test',
  counts: 'open',
  hint: {
    begins: [
      ...['Determining test suites', 'RUNS ', 'PASS ', 'FAIL ', 'Tests:  ', 'Ran all test suites'],
      ...['No tests found, exiting', '● ', 'Jest: '],
    ],
  },
  patterns: [
    { says: 'begins', line: /^Determining test suites to run\.\.\.$/ },
    {
      says: 'works',
      line: /^(?:RUNS|PASS|FAIL) {1,2}(?:[\w@/-]{1,60} )?(?<step>\S{1,300}\.[cm]?[jt]sx?)(?: \(\d{1,6}(?:\.\d{1,3})? m?s\))?$/,
    },
    { says: 'broken', line: /^● (?<item>(?!Console$|Deprecation Warning|Validation )\S.{0,500})$/ },
    {
      says: 'counts',
      line: /^Tests: {2,8}(?:(?<failed>\d{1,7}) failed, )?(?:(?<skipped>\d{1,7}) skipped, )?(?:\d{1,7} todo, )?(?:(?<passed>\d{1,7}) passed, )?(?<total>\d{1,7}) total$/,
    },
    {
      says: 'broken',
      line: /^Jest: (?<reason>(?:"|Coverage |Uncovered count |.{1,200} coverage).{1,300} (?:not met|not found|does not meet|exceeds)\b.{0,300})$/,
    },
    { says: 'closes', line: /^Ran all test suites\b.{0,500}\.$/ },
    { says: 'fails', line: /^(?<reason>No tests found, exiting with code 1)$/, alone: true },
    { says: 'ends', line: /^No tests found, exiting with code 0$/, alone: true },
  ],
  because: { begins: /^(?<reason>\S.*)$/, goesOn: /^(?:Expected|Received)\b.{0,60}: / },
});
