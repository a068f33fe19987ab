/**
 * Runs a function and returns what the process wrote meanwhile to standard output and standard error, console included.
 */
export const captured = async (run: () => unknown): Promise<string> => {
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write);
  let text = '';
  const write = (chunk: string | Uint8Array): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  for (const stream of streams) stream.write = write;
  try {
    await run();
  } finally {
    for (const [index, stream] of streams.entries()) {
      const original = originals[index];
      if (original !== undefined) stream.write = original;
    }
  }
  return text;
};
