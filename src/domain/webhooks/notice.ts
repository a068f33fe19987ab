export type Tone = 'good' | 'bad' | 'warning' | 'neutral';

/** What a chat message says about an event, without markup. Texts have no control characters but line feeds in `lines`. */
export type Notice = Readonly<{
  title: string;
  tone: Tone;
  facts: readonly (readonly [name: string, value: string])[];
  /** Why the task failed. */
  cause: string | undefined;
  /** The log lines around the cause. */
  lines: readonly string[];
  /** A page about it: the CI job or the pull request. */
  link: Readonly<{ text: string; url: string }> | undefined;
  /** When it happened, ISO 8601. */
  timestamp: string;
}>;

/** Cuts a text to a length in UTF-16 code units, marked by an ellipsis. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;

/**
 * A text whose escaped form has at most `length` characters; cut before it is escaped, so that no escape is broken.
 */
export const fitted = (text: string, length: number, encode: (text: string) => string): string => {
  let room = length;
  for (;;) {
    const escaped = encode(cut(text, room));
    if (escaped.length <= length) return escaped;
    room -= Math.max(1, Math.ceil((escaped.length - length) / 5));
  }
};

/** As many whole lines as fit, each cut. */
export const linesWithin = (lines: readonly string[], length: number, ofLine = 300): string => {
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    const shown = cut(line, ofLine);
    if (used + shown.length + 1 > length) break;
    kept.push(shown);
    used += shown.length + 1;
  }
  return kept.join('\n');
};
