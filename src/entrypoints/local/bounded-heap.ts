import { setFlagsFromString } from 'node:v8';
import { boundYoungGeneration } from '../../adapters/system/young-generation.ts';

/** The size in bytes at which V8's young generation stops growing. By itself it takes 60 to 120 MB under load. */
const YOUNG_ENOUGH = 12_000_000;
/** By how much the old generation may grow before it is collected: by itself it is several times what is alive. */
const OLD_GROWTH_PERCENT = 100;

/** Keeps V8 from taking several times the memory that is alive. */
export const boundHeap = (): void => {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
  boundYoungGeneration(YOUNG_ENOUGH);
};
