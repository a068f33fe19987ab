import { numberBefore } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** `3,000,000  25%   24.39MB/s    0:00:00 `, in any locale, also with human-readable sizes such as `3.00M`. */
const ROW =
  '^\\d[\\d,.]{0,24}[KMGT]? {1,8}(?<percent>\\d{1,3})% {1,8}[\\d.,]{1,12}[kMGT]?B\\/s {1,4}\\d{1,4}:\\d\\d:\\d\\d';
const BEGINNING = new RegExp(ROW);

/**
 * `rsync --info=progress2`. Its percentage may be full while files are still being found, so a run ends with nothing left
 * to check. What `--progress` prints of each file looks the same, with files left.
 */
export const rsync = toolFormat({
  name: 'rsync',
  taskName: 'rsync',
  taskType: 'transfer',
  counts: 'open',
  hint: {
    begins: [
      'sending incremental file list',
      'receiving incremental file list',
      'sent ',
      'rsync: ',
      'rsync error: ',
    ],
    mayBegin: numberBefore(' ,.KMGT', BEGINNING),
  },
  patterns: [
    { says: 'begins', line: /^(?:sending|receiving) incremental file list$/ },
    {
      says: 'fails',
      line: new RegExp(
        `${ROW.replace('?<percent>', '?:')} \\(xfr#\\d{1,9}, (?:to|ir)-chk=\\d{1,9}\\/\\d{1,9}\\)(?<reason>rsync error: .+)$`,
      ),
      alone: true,
    },
    {
      says: 'concludes',
      line: new RegExp(`(?=[^%]{1,40}\\b100%)${ROW} \\(xfr#\\d{1,9}, to-chk=0\\/\\d{1,9}\\)$`),
      alone: true,
    },
    {
      says: 'counts',
      line: new RegExp(`${ROW}(?: \\(xfr#\\d{1,9}, (?:to|ir)-chk=\\d{1,9}\\/\\d{1,9}\\))?$`),
    },
    {
      says: 'ends',
      line: /^sent [\d,.]{1,24}[KMGT]? bytes {1,2}received [\d,.]{1,24}[KMGT]? bytes {1,2}\S{1,24} bytes\/sec$/,
    },
    { says: 'broken', line: /^(?<reason>rsync: \S.*)$/, alone: true },
    { says: 'fails', line: /^(?<reason>rsync error: .+)$/, alone: true },
  ],
});
