import { versionConflict } from '../../domain/errors.ts';
import type { Checkpoint, Checkpoints } from '../../ports/checkpoints.ts';
import { frozenCopy } from './frozen-copy.ts';

/** Checkpoints in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryCheckpoints = (): Checkpoints => {
  const kept = new Map<string, Checkpoint>();

  return {
    async read(key) {
      return kept.get(key);
    },

    async write(key, value, expected) {
      if ((kept.get(key)?.version ?? 0) !== expected) throw versionConflict('Checkpoint', key);
      kept.set(key, frozenCopy({ value, version: expected + 1 }));
    },

    async remove(key) {
      kept.delete(key);
    },
  };
};
