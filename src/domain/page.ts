/** Part of a list. `next` is where the following page begins; without it this was the last one. */
export type Page<T, Position> = Readonly<{ items: readonly T[]; next?: Position }>;
