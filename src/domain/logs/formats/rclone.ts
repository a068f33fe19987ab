import { numberBefore } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

const SIZE = /^[\d.]{1,16} ?[kKMGTP]?i?B(?:ytes)? \//;

/** rclone's statistics, at every level of logs. Nothing says that all went well: its sums grow while it finds files. */
export const rclone = toolFormat({
  name: 'rclone',
  taskName: 'rclone',
  taskType: 'transfer',
  counts: 'open',
  hint: {
    begins: ['Transferred:', 'Errors:  ', 'Failed to ', ': ', 'NOTICE: Failed to ', 'CRITICAL: Failed to '],
    mayBegin: numberBefore(' .kKMGTPB', SIZE),
  },
  patterns: [
    {
      says: 'counts',
      line: /^(?:Transferred:\s{1,24}|:?\s{0,24})[\d.]{1,16} ?[kKMGTPi]{0,2}(?:B|Bytes) \/ [\d.]{1,16} ?[kKMGTPi]{0,2}(?:B|Bytes), (?<percent>\d{1,3})%, .{1,40}, ETA \S{1,20}(?: \(xfr#\d{1,9}\/\d{1,9}\))?$/,
    },
    { says: 'step', line: /^Transferred:\s{1,24}(?<step>\d{1,9} \/ \d{1,9}), (?:\d{1,3}%|-)$/ },
    { says: 'step', line: /^Errors:\s{4,24}(?<failed>\d{1,9})(?: \(.{1,80}\))?$/ },
    { says: 'broken', line: /^: (?<item>\S.{0,300}?): (?<reason>Failed to .+)$/ },
    {
      says: 'fails',
      line: /^(?:: |NOTICE: |CRITICAL: )?(?<reason>Failed to (?:create file system for|load config|parse) .+)$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^(?:: |NOTICE: |CRITICAL: )?(?<reason>Failed to (?:copy|copyto|sync|move|moveto|check|delete|purge|bisync)(?: with \d{1,9} errors)?: .+)$/,
    },
  ],
});
