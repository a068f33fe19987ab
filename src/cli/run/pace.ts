/** The longest rest between two reads, in milliseconds: too short to be seen. */
const MAX_REST_MS = 4;
/** Linux hands out a terminal's output in reads of at most 4095 bytes; a shorter one has emptied it. */
const FULL_READ = 4_095;
/** How much may gather during a rest, in bytes. A terminal holds some 12 KiB, then what writes to it has to wait. */
const MUCH = 4_096;
const LITTLE = 1_024;

/**
 * How long to rest after each read of a terminal, in milliseconds; 0 is to read on. Lines that come one by one are read
 * several at once then, which costs a fraction, but the terminal must not fill up meanwhile: the rest adapts to the
 * output.
 */
export const terminalPace = (): ((bytes: number) => number) => {
  let rest = 0;
  let gathered = 0;
  return (bytes) => {
    gathered += bytes;
    if (bytes >= FULL_READ) return 0;
    if (gathered > MUCH) rest = Math.max(0, rest - 1);
    else if (gathered < LITTLE) rest = Math.min(MAX_REST_MS, rest + 1);
    gathered = 0;
    return rest;
  };
};
