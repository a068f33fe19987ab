import { fraction } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** Yarn 1 (source: src/reporters/console): it numbers the steps that begin. */
export const yarn = toolFormat({
  name: 'yarn',
  taskName: 'yarn',
  taskType: 'build',
  counts: 'begun',
  hint: { contains: [fraction], begins: ['yarn ', 'error ', 'success ', 'Done in '] },
  patterns: [
    { says: 'begins', line: /^yarn (?:install|add|upgrade|remove|import) v1\.\d/ },
    {
      says: 'counts',
      line: /^\[(?<current>\d{1,2})\/(?<total>\d{1,2})\] (?:\p{Extended_Pictographic}\uFE0F? {1,2})?(?<step>(?:Validating package\.json|Resolving packages|Fetching packages|Linking dependencies|Building fresh packages|Rebuilding all packages|Cleaning modules|Saving HAR file|Removing module|Regenerating lockfile)\b.*)$/u,
    },
    { says: 'fails', line: /^error (?<reason>[^\s:[{(].*)$/ },
    { says: 'ends', line: /^(?:✨ {1,2})?Done in \d{1,6}\.\d{1,3}s\.$/ },
  ],
});
