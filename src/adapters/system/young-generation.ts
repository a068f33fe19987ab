/** Loaded after the start: no cold start waits for it. */
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
      const isNow = young === undefined || young.space_size >= bytes;
      if (isNow === isLargeEnough) return;
      isLargeEnough = isNow;
      setFlagsFromString(`--semi-space-growth-factor=${isNow ? 1 : 2}`);
    };
    look();
    // Its size changes with a collection only.
    new PerformanceObserver(look).observe({ entryTypes: ['gc'] });
  };
  setTimeout(begin, START_MS).unref();
};
