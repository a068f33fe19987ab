const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

export const DURATION_RULE = 'must be a number of seconds, or one with a unit as in 90s, 5m, 24h, 7d or 2w';

/** Seconds of `90`, `90s`, `5m`, `24h`, `7d` or `2w`; undefined where it is no duration. */
export const durationSeconds = (text: string): number | undefined => {
  const [, amount, unit] = /^(\d{1,9})([smhdw]?)$/.exec(text) ?? [];
  const seconds = SECONDS[unit || 's'];
  return amount === undefined || seconds === undefined ? undefined : Number(amount) * seconds;
};
