const LOOK_MS = 50;

/**
 * Lets V8's young generation grow to about this size in bytes, and no further. The largest size is set before any code of
 * ours runs, but V8 asks for the growth factor each time that it grows.
 */
export const boundYoungGeneration = (bytes: number): void => {
  const look = setInterval(async () => {
    // Loaded after the start: no cold start waits for it.
    const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8');
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (young !== undefined && young.space_size < bytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(look);
  }, LOOK_MS);
  look.unref();
};
