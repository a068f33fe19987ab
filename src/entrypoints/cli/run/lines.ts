import { StringDecoder } from 'node:string_decoder';

/** The longest line that is kept, in UTF-16 code units; the server reads no longer ones either. */
export const MAX_LINE = 60_000;

const ANY_END = /\r\n?|\n/;

/** Cuts a stream of bytes into its lines. A carriage return ends a line too: progress bars redraw themselves with it. */
export const lineSplitter = () => {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let skipping = false;

  const take = (text: string): string[] => {
    const lines = text.includes('\r') ? text.split(ANY_END) : text.split('\n');
    if (lines.length === 1) {
      if (skipping) return [];
      pending += text;
      if (pending.length <= MAX_LINE) return [];
      // A line without end: its beginning is kept, the rest passes by.
      const head = cut(pending);
      pending = '';
      skipping = true;
      return [head];
    }
    const first = lines[0] ?? '';
    const last = lines.pop() ?? '';
    if (skipping) lines.shift();
    else lines[0] = pending + first;
    skipping = last.length > MAX_LINE;
    pending = skipping ? '' : last;
    if (skipping) lines.push(last);
    return lines.filter((line) => line !== '').map(cut);
  };

  return {
    /** The lines that these bytes complete, without their ends; empty ones say nothing and are left out. */
    push: (chunk: Buffer): readonly string[] => take(decoder.write(chunk)),
    /** The last line, where it has no end. */
    end: (): readonly string[] => {
      const lines = take(decoder.end());
      const rest = skipping ? '' : pending;
      pending = '';
      skipping = false;
      return rest === '' ? lines : [...lines, rest];
    },
  };
};

const cut = (line: string): string => (line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)}…`);
