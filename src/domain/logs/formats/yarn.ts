import { fraction } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** How an error ends that has lost its mark. */
const UNMARKED = [': Command failed.'];

/**
 * Yarn 1 (source: src/reporters/console) numbers the steps that begin. Later ones name them, each line behind a code
 * (source: packages/yarnpkg-core/sources/StreamReport.ts).
 */
export const yarn = toolFormat({
  name: 'yarn',
  taskName: 'yarn',
  taskType: 'build',
  counts: 'begun',
  // On a terminal, for each step.
  draws: /^\[[#-]{1,300}\] \d{1,7}\/\d{1,7}$/,
  hint: { contains: [fraction], begins: ['yarn ', 'error ', 'success ', 'Done in ', '➤ YN'], ends: UNMARKED },
  patterns: [
    { says: 'begins', line: /^yarn (?:install|add|upgrade|remove|import) v1\.\d/ },
    {
      says: 'counts',
      line: /^\[(?<current>\d{1,2})\/(?<total>\d{1,2})\] (?:\p{Extended_Pictographic}\uFE0F? {1,2})?(?<step>(?:Validating package\.json|Resolving packages|Fetching packages|Linking dependencies|Building fresh packages|Rebuilding all packages|Cleaning modules|Saving HAR file|Removing module|Regenerating lockfile)\b.*)$/u,
    },
    { says: 'fails', line: /^error (?<reason>[^\s:[{(].*)$/ },
    // A logger in between may have taken `error ` for a level.
    { says: 'fails', line: /^(?<reason>\/\S{1,500}: Command failed\.)$/ },
    { says: 'begins', line: /^➤ YN0000: (?:· )?Yarn \d{1,2}\.\d{1,3}\.\S{1,40}$/ },
    { says: 'works', line: /^➤ YN0000: ┌ (?<phase>\w{1,30} step)$/ },
    {
      says: 'remarks',
      line: /^➤ YN\d{4}: │ (?<reason>.{1,300}(?:couldn't be built successfully|Error: ).*)$/,
    },
    { says: 'remarks', line: /^➤ YN(?:0028|0035|0082): [│·] (?<reason>\S.*)$/ },
    { says: 'fails', line: /^➤ YN0000: (?:· )?(?:Failed with errors in \d.*)$/, alone: true },
    { says: 'ends', line: /^➤ YN0000: (?:· )?Done (?:with warnings )?in \d.*$/, alone: true },
    { says: 'ends', line: /^(?:✨ {1,2})?Done in \d{1,6}\.\d{1,3}s\.$/ },
  ],
});
