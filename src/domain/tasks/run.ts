import { isJsonObject, type Json } from '../json.ts';

/**
 * The process that a task stands for: a command that `miyabi run` or a script has started. Secrets are masked in
 * `command`. A task with these facts ends when its process says so, never because its parts have ended.
 */
export type RunFacts = Readonly<{
  command: string;
  host?: string;
  user?: string;
  directory?: string;
  git?: Readonly<{ branch?: string; commit?: string }>;
  /** The page of the CI job that it is a part of. */
  ci_url?: string;
}>;

/** Something is expected every so many seconds, and counts as missed after so many more. */
export type Cadence = Readonly<{ every_seconds: number; grace_seconds: number }>;

/** The longest period and grace: a year. */
export const MAX_CADENCE_SECONDS = 366 * 24 * 3_600;

export const isRunFacts = (value: unknown): value is RunFacts =>
  isJsonObject(value) &&
  typeof value['command'] === 'string' &&
  areTextsOrAbsent(value, ['host', 'user', 'directory', 'ci_url']) &&
  (value['git'] === undefined ||
    (isJsonObject(value['git']) && areTextsOrAbsent(value['git'], ['branch', 'commit'])));

export const isCadence = (value: unknown): value is Cadence =>
  isJsonObject(value) && isSeconds(value['every_seconds']) && isSeconds(value['grace_seconds']);

const areTextsOrAbsent = (value: Readonly<Record<string, Json>>, names: readonly string[]): boolean =>
  names.every((name) => value[name] === undefined || typeof value[name] === 'string');

const isSeconds = (value: unknown): boolean => typeof value === 'number' && value >= 0;
