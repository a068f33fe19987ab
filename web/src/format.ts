import type { Task } from '../../src/client/index.ts';
import type { TaskStatus } from '../../src/domain/tasks/status.ts';
import { language, locale, t } from './i18n.ts';

/** A length of time in its two largest units: `3m 12s`, `2h 05m`. */
export const duration = (seconds: number): string => {
  const { d, h, m, s, gap, lessThan } = t.value.duration;
  const whole = Math.max(0, Math.round(seconds));
  if (whole === 0) return lessThan;
  const two = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    `${big}${bigUnit}${gap}${String(small).padStart(2, '0')}${smallUnit}`;
  if (whole < 60) return `${whole}${s}`;
  if (whole < 3_600) return two(Math.floor(whole / 60), m, whole % 60, s);
  if (whole < 86_400) return two(Math.floor(whole / 3_600), h, Math.floor((whole % 3_600) / 60), m);
  return two(Math.floor(whole / 86_400), d, Math.floor((whole % 86_400) / 3_600), h);
};

/** An estimate, rounded to its precision: steps of five seconds, then whole minutes. */
export const roughDuration = (seconds: number): string =>
  briefDuration(seconds < 60 ? Math.max(5, Math.ceil(seconds / 5) * 5) : Math.round(seconds / 60) * 60);

/** A length of time without a smaller unit of zero: `4m`, `4m 30s`. For figures that do not change. */
export const briefDuration = (seconds: number): string => {
  const { d, h, m } = t.value.duration;
  for (const [length, unit] of [
    [86_400, d],
    [3_600, h],
    [60, m],
  ] as const) {
    if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`;
  }
  return duration(seconds);
};

const once = <T>(make: (region: string) => T): (() => T) => {
  const made = new Map<string, T>();
  return () => {
    const region = locale.value;
    const known = made.get(region);
    if (known !== undefined) return known;
    const fresh = make(region);
    made.set(region, fresh);
    return fresh;
  };
};

const relative = once((region) => new Intl.RelativeTimeFormat(region, { numeric: 'auto', style: 'short' }));
const clock = once((region) => new Intl.DateTimeFormat(region, { timeStyle: 'medium' }));
const dayAndClock = once(
  (region) =>
    new Intl.DateTimeFormat(region, {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }),
);
const full = once((region) => new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeStyle: 'long' }));
const share = once((region) => new Intl.NumberFormat(region, { style: 'percent', maximumFractionDigits: 0 }));
const whole = once((region) => new Intl.NumberFormat(region));

/** How long ago a moment was. Below a minute in steps, so that a list does not keep moving. */
export const ago = (iso: string | number, now: number): string => {
  const then = typeof iso === 'number' ? iso : Date.parse(iso);
  const seconds = Math.round((then - now) / 1_000);
  const age = Math.abs(seconds);
  if (age < 10) return relative().format(0, 'second');
  if (age < 60) return relative().format(Math.trunc(seconds / 10) * 10, 'second');
  if (age < 3_600) return relative().format(Math.trunc(seconds / 60), 'minute');
  if (age < 86_400) return relative().format(Math.trunc(seconds / 3_600), 'hour');
  return relative().format(Math.trunc(seconds / 86_400), 'day');
};

/** A time of day, with its date if that is not today's. */
export const moment = (iso: string): string => {
  const date = new Date(iso);
  return (date.toDateString() === new Date().toDateString() ? clock() : dayAndClock()).format(date);
};

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** A time of day to the millisecond, as wide for each: `14:03:22.019`. */
export const timeOfDay = (iso: string): string => {
  const date = new Date(iso);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part, 2)).join(':');
  return `${clock}.${pad(date.getMilliseconds(), 3)}`;
};

export const fullMoment = (iso: string): string => full().format(new Date(iso));
/** A share in percent. 100 % only if it is whole, 0 % only if it is nothing. */
export const rate = (value: number): string =>
  share().format(value <= 0 || value >= 1 ? value : Math.min(0.99, Math.max(0.01, value)));
export const count = (value: number): string => whole().format(value);

/** Status and progress in words, for screen readers. */
export const spoken = ({ status, progress, details: { phase } }: Task): string =>
  [
    t.value.status[status],
    ...(isCutShort(status) ? [stoppedAt(progress)] : amounts(progress)),
    ...failures(progress),
    phase,
  ]
    .filter((part) => part !== undefined)
    .join(language.value === 'ja' ? '、' : ', ');

const amounts = ({ current, total, percentage }: Task['progress']): readonly string[] => {
  const texts = t.value;
  const parts: string[] = [];
  if (percentage !== null) parts.push(texts.percent(percentage));
  if (current !== null && total !== null) parts.push(texts.counter(current, total));
  else if (current !== null && current > 0) parts.push(texts.steps(current));
  return parts.length === 0 ? [texts.unknownProgress] : parts;
};

/** The percentage of a task that ended early would look like progress. */
export const isCutShort = (status: TaskStatus): boolean => status === 'failed' || status === 'cancelled';

/** Where a failed or cancelled task stopped, in words; undefined if it had no counter. */
export const stoppedAt = ({ current, total }: Task['progress']): string | undefined => {
  if (current === null) return undefined;
  return t.value.stoppedAt(total === null ? count(current) : `${count(current)}/${count(total)}`);
};

/** How the process of a task ended that failed or was cancelled, in words; undefined where that is not known. */
export const endingOf = ({ status, details: { exit_code, signal, outcome } }: Task): string | undefined => {
  if (!isCutShort(status)) return undefined;
  const texts = t.value.run;
  if (outcome === 'lost') return texts.lost;
  if (outcome === 'parent_ended') return texts.parentEnded;
  if (signal !== undefined) return texts.endedBy(signal);
  return exit_code === undefined ? undefined : texts.endedWith(exit_code);
};

/** Whether there is any progress to show. */
export const hasFigures = ({ current, percentage }: Task['progress']): boolean =>
  percentage !== null || (current !== null && current > 0);

/** Progress in figures: `42%`, `9/20`, `17`; without a percentage if it failed or was cancelled. */
export const figures = (
  { current, total, percentage }: Task['progress'],
  status: TaskStatus = 'running',
): string => {
  if (isCutShort(status) && current !== null && total !== null) return `${count(current)}/${count(total)}`;
  if (percentage !== null) return `${percentage}%`;
  if (current !== null && current > 0)
    return total === null ? count(current) : `${count(current)}/${count(total)}`;
  return '–';
};

/** How many steps failed and were skipped, in words; empty if none. */
export const failures = ({ failed, skipped }: Task['progress']): readonly string[] => [
  ...(failed ? [t.value.failedSteps(failed)] : []),
  ...(skipped ? [t.value.skippedSteps(skipped)] : []),
];
