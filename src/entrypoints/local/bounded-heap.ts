import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** The size in bytes at which V8's young generation stops growing. By itself it takes 60 to 120 MB under load. */
const YOUNG_ENOUGH = 12_000_000;
/** By how much the old generation may grow before it is collected: by itself it is several times what is alive. */
const OLD_GROWTH_PERCENT = 100;
const LOOK_MS = 50;

/**
 * Keeps V8 from taking several times the memory that is alive. The largest size of its young generation is set before any
 * code of ours runs, but V8 asks for the growth factor each time that it grows.
 */
export const boundHeap = (): void => {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
  const look = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (young !== undefined && young.space_size < YOUNG_ENOUGH) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(look);
  }, LOOK_MS);
  look.unref();
};
