import { readFileSync } from 'node:fs';
import type { FileResult } from './run-file.ts';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const indented = (text: string): string =>
  text.trim() === '' ? '' : `${text.replace(/\s+$/, '').replace(/^/gm, '    ')}\n`;

/** One line for a file; with its output and details if a test failed. */
export const lineOf = (result: FileResult): string => {
  const { file, ms, passed, failed, skipped, leftOut, output, details } = result;
  const counts = [
    `${passed} passed`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(skipped.length === 0 ? [] : [`${skipped.length} skipped`]),
    ...(leftOut.length === 0 ? [] : [`${leftOut.length} slow left out`]),
  ];
  const name = file.replace(/^test\//, '').replace(/\.test\.ts$/, '');
  const line = `${failed === 0 ? '✔' : '✘'} ${name.padEnd(48)} ${seconds(ms).padStart(7)}  ${counts.join(', ')}\n`;
  return line + indented(output) + (failed === 0 ? '' : indented(details));
};

/** Processor seconds of this process and its children, if /proc has them. */
const processorSeconds = (): number | undefined => {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    // utime, stime, cutime and cstime, in ticks of 10 ms.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    return undefined;
  }
};

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;

const SLOWEST = 10;
const BUSIEST = 30;

/** The end of a report. Its last line reads "123 passed, 0 failed, 4 skipped". */
export const summaryOf = (
  results: readonly FileResult[],
  {
    title,
    slowest,
    maySkip,
    ms,
  }: Readonly<{
    title: string | undefined;
    slowest: boolean;
    maySkip: readonly string[] | undefined;
    ms: number;
  }>,
): Readonly<{ text: string; isGood: boolean }> => {
  const sum = (of: (result: FileResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const skips = results.flatMap((result) => result.skipped);
  const forbidden = maySkip === undefined ? [] : skips.filter(({ reason }) => !maySkip.includes(reason));
  const passed = sum((result) => result.passed);
  const failed = sum((result) => result.failed) + forbidden.length;
  const skipped = skips.length - forbidden.length;
  const namesByReason = new Map<string, string[]>();
  for (const { name, reason } of skips)
    namesByReason.set(reason, [...(namesByReason.get(reason) ?? []), name]);
  const timed = results.flatMap((result) => result.timed).sort((a, b) => b.ms - a.ms);
  const busiest = results.toSorted((a, b) => b.processorMs - a.processorMs);
  const leftOut = sum((result) => result.leftOut.length);
  const processor = processorSeconds();
  const nothing =
    title === undefined || leftOut > 0
      ? 'No test ran.'
      : `No test ran: no suite or title contains "${title}".`;
  const text = [
    slowest
      ? section(
          'Slowest tests',
          timed
            .slice(0, SLOWEST)
            .map((test) => `${seconds(test.ms).padStart(7)}  ${test.name} (${test.file})`),
        )
      : '',
    slowest
      ? section(
          'Files with the most processor time',
          busiest
            .slice(0, BUSIEST)
            .map(
              ({ file, ms, loadMs, processorMs }) =>
                `${seconds(processorMs).padStart(7)}  ${file} (of ${seconds(ms)}, ${seconds(loadMs)} to load it)`,
            ),
        )
      : '',
    ...[...namesByReason].map(([reason, names]) => section(`Skipped: ${reason}`, names)),
    section('Failed', [
      ...results.flatMap((result) => result.failures),
      ...forbidden.map(({ name, reason }) => `${name}: may not be skipped here, but ${reason}`),
    ]),
    `\n${results.length} files in ${seconds(ms)}`,
    processor === undefined ? '\n' : `, ${processor.toFixed(0)} s of processor time\n`,
    leftOut === 0
      ? ''
      : leftOut === 1
        ? '1 slow test left out; --all runs it\n'
        : `${leftOut} slow tests left out; --all runs them\n`,
    passed + failed === 0 ? `${nothing}\n` : '',
    `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`,
  ].join('');
  return { text, isGood: failed === 0 && passed > 0 };
};
