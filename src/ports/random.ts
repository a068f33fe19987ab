/** A random number from 0 up to but not including 1. Tests pass a seeded one. */
export type Random = () => number;
