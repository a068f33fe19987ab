/** New identities. */
export interface Ids {
  /** A new unique id that sorts after those made before it in this process. */
  next(): string;
}
