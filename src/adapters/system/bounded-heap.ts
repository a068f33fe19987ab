import { setFlagsFromString } from 'node:v8';
import { boundYoungGeneration } from './young-generation.ts';

/** By how much the old generation may grow before it is collected: by itself it is several times what is alive. */
const OLD_GROWTH_PERCENT = 100;

/** Keeps V8 from taking several times the memory that is alive; `young` is the size at which the young generation stops, in bytes. */
export const boundHeap = (young: number): void => {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
  boundYoungGeneration(young);
};
