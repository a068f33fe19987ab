import { lastClosed } from './closing.ts';
import { lacksReason, MESSAGE, readRestOfRow } from './rows.ts';
import { heard, type Run, withReason } from './run.ts';
import type { CdkSignal, TextSignal, Widths } from './signals.ts';
import { type CdkState, type Continued, current, keep, merged, type Step, untouched } from './state.ts';

/**
 * Lines that belong to the previous line, whatever they look like: the reason below a row of the bar, which the
 * terminal may have broken anywhere, and the message of a cause, which CDK breaks between words.
 */

/** Whether the text of the next line belongs to this one. */
export const isContinued = (signal: CdkSignal): boolean =>
  signal.k === 'text' ||
  signal.k === 'cut' ||
  signal.k === 'cause' ||
  (signal.k === 'row' && lacksReason(signal)) ||
  (signal.k === 'say' && signal.v === 'failed' && isOldValidation(signal)) ||
  (signal.k === 'error' && signal.s !== undefined && isOldValidation(signal));

/** Before version 2.1132, findings of early validation follow the error as a list. */
const isOldValidation = ({ m }: Readonly<{ m?: string }>): boolean =>
  m !== undefined && /early validation\b.*:$/i.test(m);

/** A line that continues another one. JSON and the head of the next block never do. */
export const readContinuation = (line: string, before: CdkSignal): CdkSignal | undefined => {
  if (line.length > MESSAGE || line.startsWith('{') || END.test(line)) return undefined;
  return before.k === 'cut' ? readRestOfRow(line, before) : { k: 'text', m: line };
};
const END = /^(?:Source Location:|\[[█▏▎▍▌▋▊▉·]|\$ |Logs: )/;

/**
 * A reason in CloudFormation's words, which is recognised by itself: events of a log service may come in any order and
 * grouping, so the previous line is unknown there. It counts only right after the line that it belongs to.
 */
export const readReasonText = (line: string): CdkSignal | undefined =>
  line.length <= MESSAGE && (REASON_TEXT.test(line) || (line.includes('(') && REASON_END.test(line)))
    ? { k: 'text', m: line }
    : undefined;
const REASON_TEXT =
  /^(?:Resource handler returned message: "|Received response status \[FAILED\] from custom resource\.|Exceeded attempts to wait|Resource (?:creation|update|deletion) cancelled|Resource of type '[\w:]{1,120}' with identifier '|Template (?:format )?error: |Parameters: \[|Requires capabilities ?: |Subscriber limit exceeded|Rate exceeded|Invalid parameter: |Propert(?:y|ies) validation fail|CloudFormation did not receive a response from your Custom Resource|The bucket you tried to delete is not empty|Invalid request provided: |Circular dependency between resources: |Embedded stack arn:|Export \S{1,255} cannot be |No export named \S{1,255} found|User: arn:aws[\w:-]{1,20}.{1,300} is not authorized to perform|API: \w{1,40}:\w{1,80} |Resource timed out waiting for creation|[\w.:/-]{1,300} already exists in stack arn:aws:cloudformation:)/;
/** Where the words before may be any. */
const REASON_END = / \(at \/Resources\/[^\s()]{1,400}\)$|\(Service: [\w ]{1,60}[,;] Status Code: \d{3}[,;)]/;

/** What the text after this signal belongs to. */
export const continuedBy = (
  { state, touched }: Step,
  signal: Exclude<CdkSignal, TextSignal>,
): Continued | undefined => {
  if (!isContinued(signal)) return undefined;
  if (signal.k === 'cause' || signal.k === 'say' || signal.k === 'error') {
    const run = lastClosed(state);
    const cause = signal.k === 'cause' ? (signal.i ?? '') : '';
    return run?.mark === 'failed' ? { key: run.key, lines: [], cause } : undefined;
  }
  const run = current(state);
  if (signal.k !== 'row' || run === undefined || !touched.includes(run.key)) return undefined;
  return { key: run.key, lines: [], row: signal, self: signal.i === run.stack && signal.n === signal.i };
};

export const onText = (state: CdkState, line: string, at: number): Step => {
  const { continued } = state;
  const run = continued === undefined ? undefined : state.runs[continued.key];
  if (continued === undefined || run === undefined) return untouched(state);
  const lines = [...continued.lines, line];
  const next = { ...state, continued: { ...continued, lines } };
  if ('cause' in continued) {
    const listed = continued.cause === '' ? withFinding(run, line) : run;
    const isNext = continued.lines.length > 0 && line.startsWith('- ');
    if (isNext || !wasBrokenByCdk(continued.lines, line))
      return listed === run ? untouched(state) : keep(state, heard(listed, at));
    return keep(next, heard(withCause(listed, continued.cause, lines.join(' ').replace(/^- /, '')), at));
  }
  return keep(
    next,
    heard(
      withReason(
        run,
        continued.row,
        continued.self,
        unbroken(lines, continued.row.w ?? NO_WIDTHS).slice(0, MESSAGE),
      ),
      at,
    ),
  );
};

/** Signals of an earlier release have none. */
const NO_WIDTHS: Widths = [0, 0];

/** CDK breaks messages so that their lines have at most 120 characters. */
const CDK_WIDTH = 120;

const wasBrokenByCdk = (lines: readonly string[], next: string): boolean => {
  const last = lines.at(-1);
  if (last === undefined) return true;
  const word = next.indexOf(' ');
  return last.length + 1 + (word === -1 ? next.length : word) > CDK_WIDTH;
};

/**
 * A text that a terminal has broken into lines of one width, which is at least that of the row above. A shorter line
 * has lost the space at its end, or the next one the space at its beginning.
 */
const unbroken = (lines: readonly string[], [longest, last]: Widths): string => {
  const width = Math.max(longest, ...lines.map(({ length }) => length));
  const reason = isRestOfName(lines, last, width) ? lines.slice(1) : lines;
  return reason.reduce((text, line, index) =>
    index > 0 && (reason[index - 1]?.length ?? 0) < width ? `${text} ${line}` : `${text}${line}`,
  );
};

/** A row that fills the terminal may have lost the end of its name to the next line, which the reason then follows. */
const isRestOfName = ([first = '', ...more]: readonly string[], row: number, width: number): boolean =>
  more.length > 0 && row >= width && first.length < width && /^[\w./-]{1,40}$/.test(first);

/** A finding of early validation ends with the place that it is about. */
const withFinding = (run: Run, line: string): Run => {
  const [, id] = / \(at \/Resources\/([A-Za-z0-9]{1,255})\b[^\s()]{0,400}\)$/.exec(line) ?? [];
  return id === undefined || run.listed.includes(id) ? run : { ...run, listed: merged(run.listed, [id]) };
};

const MAX_CAUSES = 50;

const withCause = (run: Run, id: string, reason: string): Run => {
  const m = reason.slice(0, MESSAGE);
  const { causes = [] } = run;
  const same = causes.findIndex(({ id: i = '' }) => i === id);
  if (same !== -1) return { ...run, causes: causes.with(same, { ...causes[same], reason: m }) };
  return { ...run, causes: [...causes, { ...(id === '' ? {} : { id }), reason: m }].slice(0, MAX_CAUSES) };
};
