/** When to load what it needs, in milliseconds from the start: later, so that no cold start waits for it. */
const START_MS = 50;

/**
 * Lets V8's young generation grow to about this size in bytes, and no further. The largest size is set before any code of
 * ours runs, but V8 asks for the growth factor each time that it grows. It shrinks while little is allocated, and may then
 * grow again.
 */
export const boundYoungGeneration = (bytes: number): void => {
  const begin = async () => {
    const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8');
    const { PerformanceObserver } = await import('node:perf_hooks');
    let isLargeEnough = false;
    const look = () => {
      const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
      const isLarge = young === undefined || young.space_size >= bytes;
      if (isLarge === isLargeEnough) return;
      isLargeEnough = isLarge;
      setFlagsFromString(`--semi-space-growth-factor=${isLarge ? 1 : 2}`);
    };
    look();
    // Only a collection changes its size.
    new PerformanceObserver(look).observe({ entryTypes: ['gc'] });
  };
  setTimeout(begin, START_MS).unref();
};
