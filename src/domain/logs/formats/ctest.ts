import { numberBefore } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** CTest (source: Source/CTest/cmCTestRunTest.cxx). */
export const ctest = toolFormat({
  name: 'ctest',
  taskName: 'ctest',
  taskType: 'test',
  counts: 'open',
  hint: {
    begins: ['Test project ', 'Total Test time ', 'No tests were found'],
    mayBegin: numberBefore('/%', /^\d{1,7}(?:\/\d{1,7} Test|% tests passed)/),
  },
  patterns: [
    { says: 'begins', line: /^Test project \S/ },
    {
      says: 'counts',
      line: /^(?<current>\d{1,7})\/(?<total>\d{1,7}) Test {1,8}#\d{1,7}: (?<step>\S.{0,199}?) \.{2,200} {1,4}Passed /,
    },
    {
      says: 'one skipped',
      line: /^(?<current>\d{1,7})\/(?<total>\d{1,7}) Test {1,8}#\d{1,7}: (?<step>\S.{0,199}?) \.{2,200} ?\*\*\*(?:Skipped|Not Run \(Disabled\)) /,
    },
    {
      says: 'one failed',
      line: /^(?<current>\d{1,7})\/(?<total>\d{1,7}) Test {1,8}#\d{1,7}: (?<item>\S.{0,199}?) \.{2,200} ?(?:\w{3,20} aborted)?\*\*\*(?:Failed {1,2}(?=\d| {2,}\d)|Not Run|(?:Failed {1,4})?(?<reason>\S.{0,600}?):?) {1,8}\d{1,7}\.\d\d sec\b/,
    },
    { says: 'step', line: /^\d{1,3}% tests passed, (?<failed>\d{1,7}) tests? failed out of \d{1,7}$/ },
    { says: 'closes', line: /^Total Test time \(real\) = {1,8}\d/ },
    { says: 'ends', line: /^No tests were found!!!$/ },
  ],
});
