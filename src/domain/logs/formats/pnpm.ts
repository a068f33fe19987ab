import { toolFormat } from './kit/tool.ts';

/** pnpm (source: cli/default-reporter): packages added out of those that are resolved, whose number grows. */
export const pnpm = toolFormat({
  name: 'pnpm',
  taskName: 'pnpm',
  taskType: 'build',
  counts: 'open',
  hint: {
    contains: [': resolved '],
    begins: ['Done in ', 'ERR_PNPM_', 'ELIFECYCLE', 'pnpm: ', 'Lockfile is up to date'],
    ends: [': Failed'],
  },
  patterns: [
    {
      says: 'counts',
      line: /^(?:[\w.@/-]{1,200} {1,60}\| {1,2})?Progress: resolved (?<total>\d{1,7}), reused \d{1,7}, downloaded \d{1,7}, added (?<current>\d{1,7})(?:, done)?$/,
    },
    { says: 'works', line: /^Lockfile is up to date, resolution step is skipped$/ },
    { says: 'ends', line: /^Done in \d{1,7}(?:\.\d{1,3})?m?s(?: using pnpm v\d\S{0,40})$/, alone: true },
    { says: 'ends', line: /^Done in \d{1,7}(?:\.\d{1,3})?m?s$/ },
    { says: 'fails', line: /^ERR_PNPM_\w{1,80}\s{1,4}(?<reason>\S.*)$/, alone: true },
    { says: 'remarks', line: /^(?<reason>\S{1,300} (?:pre|post)?install: Failed)$/ },
    { says: 'fails', line: /^ELIFECYCLE\s{1,4}Command failed with exit code \d{1,5}\.$/ },
    { says: 'fails', line: /^pnpm: (?<reason>[A-Z].+)$/, alone: true },
  ],
});
