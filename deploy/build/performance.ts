/** In place of the global, of which a first use loads all of `node:perf_hooks`. */
export const performance = { now: (): number => Number(process.hrtime.bigint()) / 1e6 };
