import { numberBefore } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

const SIZE = '[\\d.]{1,12}[kMGTP]?';
const TIMES = '(?: {1,4}[\\d:hdm-]{2,12}){3} {1,6}';
/** Percent and size of all, of what is received and of what is sent; speeds, times and the current speed. */
const ROW = new RegExp(
  `^(?<percent>\\d{1,3}) {1,6}${SIZE} {1,6}\\d{1,3} {1,6}${SIZE} {1,6}\\d{1,3} {1,6}${SIZE} {1,6}${SIZE} {1,6}${SIZE}${TIMES}${SIZE}$`,
);
/** Of a transfer whose size is not known all counts as received. */
const UNKNOWN_SIZE = new RegExp(`^100 {1,6}(${SIZE}) {1,6}0 {1,6}\\1 {1,6}0 {1,6}0 {1,6}`);

/** curl's table of progress (source: src/tool_progress.c). Its bar (`curl -#`) is a plain one. */
export const curl = toolFormat({
  name: 'curl',
  taskName: 'curl',
  taskType: 'transfer',
  counts: 'done',
  hint: {
    begins: ['% Total', 'curl: ('],
    mayBegin: numberBefore(' ', /^\d{1,3} {1,6}[\d.]{1,12}[kMGTP]? {1,6}\d{1,3} {1,6}[\d.]/),
  },
  patterns: [
    { says: 'begins', line: /^% Total {1,4}% Received % Xferd {1,4}Average Speed\b/ },
    { says: 'works', line: UNKNOWN_SIZE },
    { says: 'counts', line: ROW },
    { says: 'fails', line: /^curl: \(\d{1,3}\) (?<reason>\S.*)$/, alone: true },
  ],
});
