import { toolFormat } from './kit/tool.ts';

/**
 * The test runner of Node.js (source: lib/internal/test_runner/reporter), with its spec and its TAP reporter. Suites look
 * like tests while it runs, so only its sums at the end are taken for counts.
 */
export const nodeTest = toolFormat({
  name: 'node-test',
  taskName: 'node --test',
  taskType: 'test',
  counts: 'open',
  hint: {
    begins: [
      'TAP version 1',
      '# Subtest: ',
      '> node ',
      '$ node ',
      '+ node ',
      'not ok ',
      'ℹ ',
      '▶ ',
      '✖ ',
      '✔ ',
      '﹣ ',
    ].concat(['# tests ', '# fail ', '# cancelled ', '# skipped ', '# duration_ms ', '# ok']),
  },
  patterns: [
    { says: 'begins', line: /^TAP version 1[34]$/ },
    { says: 'begins', line: /^[>$+] node (?:--?\S{1,100} ){0,8}--test\b/ },
    { says: 'step', line: /^(?:# Subtest: |▶ )(?<step>\S.*)$/ },
    { says: 'step', line: /^[✔﹣] (?<step>\S.{0,500}) \(\d{1,9}\.\d{1,9}ms\)/ },
    { says: 'broken', line: /^not ok \d{1,6} - (?<item>\S.*)$/ },
    { says: 'broken', line: /^✖ (?<item>\S.{0,500}) \(\d{1,9}\.\d{1,9}ms\)/ },
    { says: 'works', line: /^[#ℹ] tests (?=(?<total>\d{1,7})$)(?<current>\d{1,7})$/ },
    { says: 'step', line: /^[#ℹ] fail (?<failed>\d{1,7})$/ },
    { says: 'step', line: /^[#ℹ] skipped (?<skipped>\d{1,7})$/ },
    { says: 'broken', line: /^[#ℹ] (?<item>cancelled [1-9]\d{0,6})$/ },
    // Other runners print TAP as well: tape sets its numbers off with two spaces.
    { says: 'ends', line: /^# ok$/ },
    { says: 'fails', line: /^# fail {2}(?<failed>[1-9]\d{0,6})$/ },
    { says: 'closes', line: /^[#ℹ] duration_ms \d{1,12}(?:\.\d{1,9})?$/ },
  ],
  because: {
    begins:
      /^(?:error: ['"])?(?<reason>(?!(?:---|\.\.\.|\d+\.\.\d+|# .*)$|(?:error|duration_ms|location|type|failureType|exitCode|signal|code|name|stack): )\S.*?)['"]?$/,
    between: /^(?:---|(?:duration_ms|location|type|failureType|exitCode|signal): .*|error: \|-)$/,
  },
});
