import type { Samples } from '../lib/interleave.ts';

export type Input = Readonly<{
  /** How many tasks each installation holds, and the port of its Redis. */
  installations: readonly Readonly<{ size: number; port: number }>[];
  rounds: number;
  /** How many times the first design lists, by size. */
  firstDesignRounds: Readonly<Record<number, number>>;
  /** The sizes on the embedded DynamoDB. */
  dynamodbSizes: readonly number[];
  dynamodbRounds: number;
}>;

/** Microseconds a request: through the application, with Redis, by request and number of tasks. */
export type Output = Readonly<{
  api: Samples<string>;
  /** By size: `ours` and `first`. */
  lists: Readonly<Record<number, Samples<'ours' | 'first'>>>;
  /** As `api`, of the store on the embedded DynamoDB, with `scan` beside it. */
  dynamodb: Samples<string>;
}>;

export const REQUESTS = [
  'get',
  'list',
  'list by status',
  'list by project',
  'page 5',
  'page 500',
  'project metrics',
] as const;
export type Request = (typeof REQUESTS)[number];
export const variantOf = (request: string, size: number): string => `${request}, ${size}`;
