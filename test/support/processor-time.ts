/**
 * Processor milliseconds of the fastest of some runs. Unlike the time that passes, it does not grow because the machine
 * is busy with something else.
 */
export const processorMs = (run: () => unknown, times = 3): number =>
  Math.min(
    ...Array.from({ length: times }, () => {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    }),
  );
