/** Items in order. No two of them compare as equal. */
export type SortedList<T, Position> = Readonly<{
  add(item: T): void;
  remove(item: T): void;
  /** The items after a position, or all of them, in order. The list must not change while they are read. */
  after(position?: Position): Generator<T>;
  readonly size: number;
}>;

const BUCKET = 512;

/**
 * A sorted list in buckets of bounded size, so that adding, removing and finding a position cost a binary search and
 * the shift of one bucket, however large the list is.
 */
export const sortedList = <T extends Position, Position>(
  compare: (a: Position, b: Position) => number,
): SortedList<T, Position> => {
  const buckets: T[][] = [];
  let size = 0;

  /** Index of the first bucket whose last item is not before the position. */
  const bucketOf = (position: Position): number =>
    firstIndex(buckets.length, (index) => {
      const last = buckets[index]?.at(-1);
      return last !== undefined && compare(last, position) >= 0;
    });
  const placeIn = (bucket: readonly T[], position: Position): number =>
    firstIndex(bucket.length, (index) => {
      const item = bucket[index];
      return item !== undefined && compare(item, position) >= 0;
    });

  return {
    add(item) {
      const at = Math.min(bucketOf(item), Math.max(0, buckets.length - 1));
      const bucket = buckets[at];
      size += 1;
      if (bucket === undefined) {
        buckets.push([item]);
        return;
      }
      bucket.splice(placeIn(bucket, item), 0, item);
      if (bucket.length > BUCKET) buckets.splice(at + 1, 0, bucket.splice(BUCKET / 2));
    },
    remove(item) {
      const at = bucketOf(item);
      const bucket = buckets[at];
      if (bucket === undefined) return;
      const place = placeIn(bucket, item);
      const found = bucket[place];
      if (found === undefined || compare(found, item) !== 0) return;
      bucket.splice(place, 1);
      size -= 1;
      if (bucket.length === 0) buckets.splice(at, 1);
    },
    *after(position) {
      const first = position === undefined ? 0 : bucketOf(position);
      for (let at = first; at < buckets.length; at += 1) {
        const bucket = buckets[at] ?? [];
        const start = position === undefined || at > first ? 0 : placeIn(bucket, position);
        for (let place = start; place < bucket.length; place += 1) {
          const item = bucket[place];
          if (item === undefined) continue;
          if (position !== undefined && compare(item, position) === 0) continue;
          yield item;
        }
      }
    },
    get size() {
      return size;
    },
  };
};

/** The first index from 0 for which the condition holds, if it holds for all that follow; `length` if for none. */
const firstIndex = (length: number, holds: (index: number) => boolean): number => {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};
