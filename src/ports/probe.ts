/** A backend that can be asked whether it is well. */
export interface Probe {
  /** What it is called in the answer, e.g. `store` or `cache`. */
  readonly name: string;
  /** Whether nothing works without it. */
  readonly required: boolean;
  /** Asks the backend itself, within a second. @throws whatever is wrong with it. */
  check(): Promise<void>;
  /** Opens its connection and no more, where `check` asks for more than that. @throws as `check` */
  connect?(): Promise<void>;
}
