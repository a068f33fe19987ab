import { setFlagsFromString } from 'node:v8';
import { boundYoungGeneration } from './young-generation.ts';

/**
 * Keeps V8 from taking several times the memory that is alive. `young` is the size in bytes at which the young generation
 * stops; `growth` by how many percent the old one may grow before it is collected.
 */
export const boundHeap = ({ young, growth }: Readonly<{ young: number; growth: number }>): void => {
  setFlagsFromString(`--heap-growing-percent=${growth}`);
  boundYoungGeneration(young);
};
