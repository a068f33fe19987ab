import { setFlagsFromString } from 'node:v8';

/**
 * By the major version of Node, whose V8 have different flags: an unknown one would be reported on standard error, which is
 * the command's. A young generation of a few megabytes is collected faster than other threads are woken for it. With
 * Node 20, V8 compiles code so early that its compiler costs a short run more than it gains.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  20: ['--no-parallel-scavenge', '--interrupt-budget=600000'],
  22: ['--no-parallel-scavenge'],
  24: ['--no-parallel-scavenge'],
};

/** The flags for a version such as `24.1.0`; none for one that is not known. */
export const frugalFlags = (version: string): readonly string[] => FLAGS[version.split('.')[0] ?? ''] ?? [];

/** Keeps V8 from using more of the machine than this program is worth: it runs beside a command. */
export const runFrugally = (): void => {
  for (const flag of frugalFlags(process.versions.node)) setFlagsFromString(flag);
};
