/** New identities. */
export interface Ids {
  /** A new id, unique everywhere, that sorts after those made before it in this process. */
  next(): string;
}
