/** Runs over all items, at most `width` at a time. The first failure is thrown at once; what runs then is not waited for. */
export const inParallel = async <T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> => {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (const item of waiting) await run(item);
    }),
  );
};
