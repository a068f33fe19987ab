import type { Report } from './report.ts';
import type { Runtime } from './runtimes.ts';

export type Context = Readonly<{
  /** A first impression: few rounds, small sizes, under 25 seconds for each question. */
  quick: boolean;
  /** The Nodes to measure on, one after the other; each comparison stays within one. */
  runtimes: readonly Runtime[];
  /** Says what goes on, on standard error. */
  say: (text: string) => void;
}>;

/** One of the questions that the benchmarks answer. */
export type Question = Readonly<{
  /** The word on the command line, and the name of its file of results. */
  name: string;
  title: string;
  run: (context: Context) => Promise<Report>;
}>;
