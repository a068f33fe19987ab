/**
 * Epoch milliseconds of 1970-01-01 and of the last millisecond of the year 9999: years with four digits in ISO 8601.
 */
const MIN_TIME = 0;
export const MAX_TIME = 253_402_300_799_999;

export const isTime = (ms: number): boolean => Number.isInteger(ms) && ms >= MIN_TIME && ms <= MAX_TIME;

/** ISO 8601 in UTC with milliseconds: always the same length, so that text order is time order. */
export const toIso = (ms: number): string => {
  // One request asks for the same moment several times.
  if (ms !== last.ms) last = { ms, iso: new Date(ms).toISOString() };
  return last.iso;
};

let last = { ms: 0, iso: '1970-01-01T00:00:00.000Z' };

export const fromIso = (iso: string): number => Date.parse(iso);
