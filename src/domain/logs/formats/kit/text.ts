/** How long a text taken from a log may be in a signal, a state or a task. */
export const TEXT_LIMITS = { name: 120, phase: 120, step: 200, message: 500, error: 2000 } as const;

/** At most `limit` UTF-16 code units of a text, ending in `…` if it was cut, never with half a character. */
export const cut = (text: string, limit: number): string => {
  if (text.length <= limit) return text;
  const end = isHighSurrogate(text.charCodeAt(limit - 2)) ? limit - 2 : limit - 1;
  return `${text.slice(0, end)}…`;
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Messages of tools are at the beginning of a line; a line of any length costs no more than this. */
const HEAD = 2000;

export const headOf = (line: string): string => (line.length > HEAD ? line.slice(0, HEAD) : line);
