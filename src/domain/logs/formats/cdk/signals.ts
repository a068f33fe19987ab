/**
 * The signal of one line of CDK output. Signals are stored by the thousand, so their property names are short: `s`
 * stack, `d` display name, `m` message, `c` counter, `i` logical id, `n` name, `ty` resource type, `st` state.
 */
export type CdkSignal =
  | RowSignal
  | CutSignal
  | SaidSignal
  | BarSignal
  | BusySignal
  | HotswapSignal
  | AssetSignal
  | ErrorSignal
  | CauseSignal
  | ListedSignal
  | ReasonSignal
  | TextSignal
  | ClosingSignal;

/** `[done, total]`; the total is null where CDK does not know it. */
export type Count = readonly [current: number, total: number | null];

/**
 * One event of a stack. Its columns show how it was printed: stack, counter and time by `events`; no stack by version 1
 * and by the bar; no counter in the recapitulation of failures; no time by `errors-only`.
 */
export type RowSignal = Readonly<{
  k: 'row';
  s?: string;
  c?: Count;
  /** Seconds since midnight; with `h` the line does not say whether since noon or midnight. */
  t?: number;
  h?: 1;
  st: string;
  /** CloudFormation continues despite this failure. */
  skip?: 1;
  ty: string;
  n: string;
  i: string;
  m?: string;
  /** If its reason is below: the length of the longest part and of the last part that a terminal has broken it into. */
  w?: Widths;
}>;

export type Widths = readonly [longest: number, last: number];

/** The beginning of a row of the bar that a narrow terminal has broken. */
export type CutSignal = Readonly<{ k: 'cut'; m: string; w: Widths }>;

/** A frame line about a stack, or about an environment that is being bootstrapped. */
export type Verb =
  | 'deploying'
  | 'destroying'
  | 'importing'
  | 'bootstrapping'
  | 'changeset'
  | 'creating'
  | 'updating'
  | 'rolling-back'
  | 'not-rolling-back'
  | 'ok'
  | 'unchanged'
  | 'destroyed'
  | 'failed';

export type SaidSignal = Readonly<{
  k: 'say';
  v: Verb;
  s: string;
  d?: string;
  /** Which of how many stacks, `[1/5]`. */
  p?: readonly [number, number];
  m?: string;
  /** What has failed, if the line says it. */
  o?: 'destroy';
  /** Too similar to the output of other programs to create a task; it counts only for known stacks. */
  w?: 1;
}>;

/** The progress bar: everything below it is redrawn. */
export type BarSignal = Readonly<{ k: 'bar'; c: Count }>;

/** `Currently in progress: …`, after half a minute of silence. */
export type BusySignal = Readonly<{ k: 'busy'; ids: readonly string[] }>;

/** `v`: `start` or `done` of a hotswap, or `full`, the deployment that follows if a hotswap is not possible. */
export type HotswapSignal = Readonly<{ k: 'hot'; v: 'start' | 'done' | 'full'; n?: string }>;

/** `n` is the asset, `e` how its line says that it is done or has failed. */
export type AssetSignal = Readonly<{
  k: 'asset';
  v: 'building' | 'publishing';
  s?: string;
  n?: string;
  e?: 'done' | 'failed';
}>;

/** An error that is printed once per command. `s` if it names a stack, `cs` if a change set could not be created. */
export type ErrorSignal = Readonly<{ k: 'error'; m: string; s?: string; cs?: 1 }>;

/** The head of a block in the list of causes below a `failed:` line: a resource, or the stack, which has no `i`. */
export type CauseSignal = Readonly<{ k: 'cause'; i?: string; n: string }>;

/** `‣ ErrorName: message`, below the line that says that a stack failed to deploy. */
export type ReasonSignal = Readonly<{ k: 'reason'; m: string }>;

/** A line of text that continues the row of the bar, or the head of a cause, before it. */
export type TextSignal = Readonly<{ k: 'text'; m: string }>;

/**
 * Why a stack failed, if its row puts the reason on a separate line. A list that continues in the next line has its
 * beginning in `begun`; the next line has `more`.
 */
export type ListedSignal = Readonly<{ k: 'listed'; ids: readonly string[]; begun?: string; more?: string }>;

/** Text that follows a check mark and shows that it was CDK's own. `r`: a rollback has worked. */
export type ClosingSignal = Readonly<{ k: 'close'; s?: string; x?: number; r?: 1 }>;
