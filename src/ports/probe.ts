/** A backend that can report whether it is healthy. */
export interface Probe {
  /** Its name in the answer, e.g. `store` or `cache`. */
  readonly name: string;
  /** Whether nothing works without it. */
  readonly required: boolean;
  /** Calls the backend itself, within a second. @throws if it is not healthy. */
  check(): Promise<void>;
  /** Opens its connection and no more, if `check` does more than that. @throws as `check` */
  connect?(): Promise<void>;
}
