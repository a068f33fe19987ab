/** What a worker reports about the file that it runs, one JSON object for each line. */
export type RunEvent =
  | Readonly<{ kind: 'start'; suite: string; title: string; timeoutMs: number }>
  /** The test that started last has ended. `cause` is the printed cause of its error. */
  | Readonly<{ kind: 'end'; ok: boolean; ms: number; cause?: string }>
  | Readonly<{ kind: 'skip'; suite: string; title: string; reason: string }>
  /** How uvu prints the failures of one suite. */
  | Readonly<{ kind: 'failures'; text: string }>
  /** A suite that uses uvu directly: only its counts are known. */
  | Readonly<{ kind: 'counts'; passed: number; failed: number; skipped: number }>
  /** Something wrong that belongs to no test. */
  | Readonly<{ kind: 'problem'; text: string }>
  /** All suites have ended. */
  | Readonly<{ kind: 'done' }>;
