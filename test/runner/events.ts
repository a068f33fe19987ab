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
  /** A slow test in a run that leaves them out. */
  | Readonly<{ kind: 'left out'; suite: string; title: string }>
  /** The file and what it imports are loaded, its suites are about to run. */
  | Readonly<{ kind: 'loaded'; ms: number }>
  /** All suites have ended. `isReusable`: the process is as it was before the file. */
  | Readonly<{ kind: 'done'; isReusable: boolean }>;

/** What the runner asks of a worker, one JSON object for each line. `path` is the file as it is loaded. */
export type FileRequest = Readonly<{ path: string }>;

/** A worker ends its output for a file with this, on both streams. */
export const END_OF_OUTPUT = '\u0000end of file\u0000';
