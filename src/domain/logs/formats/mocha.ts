import { numberBefore } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/**
 * Mocha (source: lib/reporters/base.js). Nothing says that it begins but the command that a package manager prints. Its
 * sums come in the order passing, pending, failing, and what failed after them.
 */
export const mocha = toolFormat({
  name: 'mocha',
  taskName: 'mocha',
  taskType: 'test',
  counts: 'open',
  hint: {
    begins: ['> mocha', '> npx mocha', '$ mocha', '+ mocha', '✔ ', '✓ '],
    mayBegin: numberBefore(' )', /^\d{1,7}(?: (?:passing|pending|failing)\b|\) )/),
  },
  patterns: [
    { says: 'begins', line: /^[>$+] (?:npx )?mocha(?: |$)/ },
    { says: 'concludes', line: /^(?<passed>\d{1,7}) passing \(\d{1,6}(?:ms|s|m|h)\)$/, alone: true },
    { says: 'step', line: /^(?<moreSkipped>\d{1,7}) pending$/ },
    { says: 'fails', line: /^(?<moreFailed>\d{1,7}) failing$/ },
    { says: 'one failed', line: /^\d{1,6}\) (?<item>(?!.*\d ?[/%])\S.{0,300})$/ },
    // Node and Vitest mark their tests alike, with other times behind them.
    { says: 'one done', line: /^[✔✓] (?<step>(?!\d|.*(?:\.\d+ms\)| \d+ms|\(\d+\))$)\S.{0,300})$/ },
  ],
  because: {
    begins: /^(?<reason>(?:Uncaught )?[A-Z]\w{0,60}(?:Error|Exception)?(?: \[\w{1,60}\])?: .*)$/,
    between: /^\S.{0,300}:$/,
  },
});
