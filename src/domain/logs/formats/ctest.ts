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
      line: /^(?<current>\d{1,7})\/(?<total>\d{1,7}) Test {1,8}#\d{1,7}: (?<step>\S{1,200}) \.{2,200} {1,4}Passed /,
    },
    {
      says: 'one skipped',
      line: /^(?<current>\d{1,7})\/(?<total>\d{1,7}) Test {1,8}#\d{1,7}: (?<step>\S{1,200}) \.{2,200} ?\*\*\*(?:Skipped|Not Run \(Disabled\)) /,
    },
    {
      says: 'one failed',
      line: /^(?<current>\d{1,7})\/(?<total>\d{1,7}) Test {1,8}#\d{1,7}: (?<item>\S{1,200}) \.{2,200} ?\*\*\*(?:Failed|Not Run|(?<reason>\S.{0,80}?)) {2,}\d/,
    },
    { says: 'step', line: /^\d{1,3}% tests passed, (?<failed>\d{1,7}) tests? failed out of \d{1,7}$/ },
    { says: 'closes', line: /^Total Test time \(real\) = {1,8}\d/ },
    { says: 'ends', line: /^No tests were found!!!$/ },
  ],
});
