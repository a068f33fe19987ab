import type { Report } from './report.ts';
import type { Runtime } from './runtimes.ts';

export type Context = Readonly<{
  /** A first impression: few rounds, small sizes, under 25 seconds for each benchmark. */
  quick: boolean;
  /** Only what the goals need, in fewer rounds but in full size: all of them together take a quarter of an hour. */
  goals: boolean;
  /** The Nodes to measure on, one after the other; each comparison stays within one. */
  runtimes: readonly Runtime[];
  /** Says what goes on, on standard error. */
  say: (text: string) => void;
}>;

/** One benchmark: a question about speed, answered by comparisons. */
export type Benchmark = Readonly<{
  /** Its name on the command line and of its results file. */
  name: string;
  title: string;
  run: (context: Context) => Promise<Report>;
}>;
