import { StringDecoder } from 'node:string_decoder';

/** The longest line that is kept, in UTF-16 code units; the server reads no longer ones either. */
export const MAX_LINE = 60_000;
/** The longest word that is kept when a line is cut. */
const WORD = 1_000;

/**
 * Splits a stream of bytes after line ends. Lines come as one text with `\n` between them, because most of what follows
 * handles many at once, which is several times cheaper. A carriage return ends a line too: progress bars redraw
 * themselves with it.
 */
export const lineSplitter = () => {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let skipping = false;

  const take = (decoded: string): string => {
    const text = withLineFeeds(decoded);
    const last = text.lastIndexOf('\n');
    if (last === -1) {
      if (skipping) return '';
      pending += text;
      if (pending.length <= MAX_LINE) return '';
      // An endless line: its beginning is kept, the rest is dropped.
      const head = cut(pending);
      pending = '';
      skipping = true;
      return head;
    }
    const whole = skipping ? text.slice(text.indexOf('\n') + 1, last + 1) : pending + text.slice(0, last);
    const rest = text.slice(last + 1);
    skipping = rest.length > MAX_LINE;
    pending = skipping ? '' : rest;
    return tidy(skipping ? `${whole}\n${rest}` : whole);
  };

  return {
    /** The lines that these bytes complete, without the last one's end; empty ones are left out. */
    push: (chunk: Buffer): string => take(decoder.write(chunk)),
    /** The last line, if it has no end. */
    end: (): string => {
      const lines = take(decoder.end());
      const rest = skipping ? '' : pending;
      pending = '';
      skipping = false;
      return lines === '' || rest === '' ? lines + rest : `${lines}\n${rest}`;
    },
  };
};

/** Two simple replacements take a fraction of the time of a pattern that does both. */
const withLineFeeds = (text: string): string => {
  if (!text.includes('\r')) return text;
  const unpaired = text.replace(/\r\n/g, '\n');
  return unpaired.includes('\r') ? unpaired.replace(/\r/g, '\n') : unpaired;
};

/** Without empty lines and over-long ones. Most texts have neither. */
const tidy = (lines: string): string =>
  lines.length <= MAX_LINE && !lines.startsWith('\n') && !lines.endsWith('\n') && !lines.includes('\n\n')
    ? lines
    : lines
        .split('\n')
        .filter((line) => line !== '')
        .map(cut)
        .join('\n');

/** Between two words if there is a space nearby: half a secret would not be recognised by its form. */
const cut = (line: string): string => {
  if (line.length <= MAX_LINE) return line;
  const space = line.lastIndexOf(' ', MAX_LINE);
  return `${line.slice(0, space > MAX_LINE - WORD ? space : MAX_LINE)}…`;
};
