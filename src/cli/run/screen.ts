/**
 * Live lines below scrolling output, on one terminal.
 *
 * Between two writes the cursor always rests where the command's output left it, with the live lines drawn below it;
 * so whatever the command writes next, also movements of the cursor, means what it would mean without them. Every
 * write clears what is below the cursor, writes the output and draws the lines again, in one piece that terminals
 * which know synchronized output (mode 2026) show at once. They are drawn only while the cursor is at the start of a
 * line: a question that waits for an answer in the middle of one is left alone.
 */
export type Screen = Readonly<{
  /** Passes output on. False if the destination asks for a pause until its `drain`. */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): boolean;
  /** The lines to show below the output from now on. */
  draw(lines: readonly string[]): void;
  /** A line of Miyabi's own on standard error, at the next start of a line. */
  say(text: string): void;
  /** Clears the live lines and prints pending messages. */
  end(): void;
}>;

type Sink = Readonly<{ write(data: Uint8Array | string): boolean }>;

const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
const CLEAR_BELOW = '\u001b[J';
/** A line that is too long, because the terminal has just become narrower, must not become two. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
/** A terminal shows some sixty frames a second: faster output is combined. */
const FRAME_MS = 16;
const MAX_HELD = 256 * 1024;
const CLEAR_LINE = '\u001b[K';

export const screen = ({
  out,
  err,
  outIsTerminal,
  live,
}: Readonly<{ out: Sink; err: Sink; outIsTerminal: boolean; live: boolean }>): Screen => {
  let lines: readonly string[] = [];
  let drawn = false;
  /** Whether the command's output leaves the cursor at the start of a line, on the terminal and in standard error. */
  let atStart = true;
  let errAtStart = true;
  let fullScreen = false;
  let unsaid: string[] = [];

  const drawing = (): string => {
    if (lines.length === 0 || !atStart || fullScreen) {
      drawn = false;
      return '';
    }
    drawn = true;
    // Make room first, so that a scrolling screen does not undo saving the cursor's position and colours.
    const room = lines.length === 1 ? '' : `${'\n'.repeat(lines.length - 1)}\u001b[${lines.length - 1}A`;
    return `${room}\u001b7\u001b[0m${NO_WRAP}${lines.join(`${CLEAR_LINE}\r\n`)}${CLEAR_LINE}${CLEAR_BELOW}${WRAP}\u001b8`;
  };

  const speak = () => {
    if (unsaid.length === 0 || held.length > 0 || !errAtStart || (live && !atStart)) return;
    const texts = unsaid.map((text) => `${text}${live ? '\r\n' : '\n'}`).join('');
    unsaid = [];
    err.write(drawn ? `${BEGIN}${CLEAR_BELOW}${texts}${drawing()}${END}` : texts);
  };

  /** Output that waits for the next frame: many small writes would each have to clear and draw everything. */
  let held: { readonly stream: 'stdout' | 'stderr'; readonly chunks: Buffer[] }[] = [];
  let heldBytes = 0;
  let passedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const sinkOf = { stdout: out, stderr: err };

  /** Output for the terminal in one piece: the lines below are cleared, and drawn again after it. */
  const pass = (): boolean => {
    clearTimeout(timer);
    timer = undefined;
    passedAt = performance.now();
    const pieces = held;
    held = [];
    heldBytes = 0;
    let more = true;
    pieces.forEach(({ stream, chunks }, index) => {
      const isLast = index === pieces.length - 1;
      const output = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      fullScreen = inFullScreen(output, fullScreen);
      atStart = endsLine(output, atStart);
      if (!drawn && (lines.length === 0 || !atStart || !isLast)) {
        more = sinkOf[stream].write(output) && more;
        return;
      }
      const before = drawn ? `${BEGIN}${CLEAR_BELOW}` : BEGIN;
      drawn = false;
      const after = isLast ? drawing() : '';
      more =
        sinkOf[stream].write(Buffer.concat([Buffer.from(before), output, Buffer.from(`${after}${END}`)])) &&
        more;
    });
    if (unsaid.length > 0) speak();
    return more;
  };

  const hold = (stream: 'stdout' | 'stderr', chunk: Buffer): boolean => {
    const last = held.at(-1);
    if (last?.stream === stream) last.chunks.push(chunk);
    else held.push({ stream, chunks: [chunk] });
    heldBytes += chunk.length;
    if (timer === undefined && performance.now() - passedAt >= FRAME_MS) return pass();
    if (heldBytes >= MAX_HELD) return pass();
    timer ??= setTimeout(pass, FRAME_MS);
    return true;
  };

  return {
    write(stream, chunk) {
      if (stream === 'stderr') errAtStart = endsLine(chunk, errAtStart);
      if (live && (stream === 'stderr' || outIsTerminal)) {
        if (stream === 'stdout') errAtStart = true;
        // Without live lines, output is not collected.
        if (lines.length > 0 || held.length > 0) return hold(stream, chunk);
        held.push({ stream, chunks: [chunk] });
        return pass();
      }
      const more = sinkOf[stream].write(chunk);
      if (unsaid.length > 0) speak();
      return more;
    },

    draw(next) {
      if (!live) return;
      if (held.length > 0) {
        // The waiting output draws them too.
        lines = next;
        return;
      }
      const same = next.length === lines.length && next.every((line, index) => line === lines[index]);
      lines = next;
      if (same && drawn === lines.length > 0) return;
      if (!atStart || fullScreen) return;
      if (lines.length > 0) err.write(`${BEGIN}${drawing()}${END}`);
      else if (drawn) {
        drawn = false;
        err.write(CLEAR_BELOW);
      }
    },

    say(text) {
      unsaid.push(text);
      speak();
    },

    end() {
      if (held.length > 0) pass();
      lines = [];
      if (drawn) err.write(CLEAR_BELOW);
      drawn = false;
      if (unsaid.length === 0) return;
      if (!errAtStart || (live && !atStart)) err.write(live ? '\r\n' : '\n');
      errAtStart = true;
      atStart = true;
      speak();
    },
  };
};

const LF = 0x0a;

/**
 * Whether the cursor is at the start of a line after these bytes; colours and erasures after the line end do not move
 * it.
 */
const endsLine = (chunk: Buffer, before: boolean): boolean => {
  if (chunk.length === 0) return before;
  if (chunk[chunk.length - 1] === LF) return true;
  const tail = chunk.subarray(Math.max(0, chunk.length - 64)).toString('latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this looks for
  const escapes = /(?:\u001b\[[0-9;?]{0,16}[mKJhl]){1,12}$/.exec(tail);
  if (escapes === null) return false;
  const rest = tail.slice(0, escapes.index);
  return rest === '' ? chunk.length <= 64 && before : rest.endsWith('\n');
};

const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';

/** Whether a full-screen program is using the terminal after these bytes. */
const inFullScreen = (chunk: Buffer, before: boolean): boolean => {
  if (!chunk.includes('\u001b[?1049')) return before;
  return chunk.lastIndexOf(ENTER) > chunk.lastIndexOf(LEAVE);
};
