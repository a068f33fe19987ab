import * as v from 'valibot';
import { MAX_CADENCE_SECONDS } from '../../domain/tasks/run.ts';
import { line, object, prose, text, tidy, url, whole } from './fields.ts';

const EXIT_CODE = 'must be a whole number from 0 to 4294967295';
/** Windows has exit codes of 32 bits. */
export const exitCode = v.pipe(
  v.number(),
  v.integer(EXIT_CODE),
  v.minValue(0, EXIT_CODE),
  v.maxValue(0xffff_ffff, EXIT_CODE),
);
export const signal = v.pipe(
  v.string(),
  v.regex(/^SIG[A-Z0-9]{1,16}$/, 'must be the name of a signal, e.g. SIGKILL'),
);

/** The process that a task stands for. */
export const runFacts = tidy({
  command: prose(4096),
  host: v.optional(line(256)),
  user: v.optional(line(256)),
  directory: v.optional(line(4096)),
  git: v.optional(tidy({ branch: v.optional(line(256)), commit: v.optional(line(64)) })),
  ci_url: v.optional(url),
});

const seconds = (min: number) => {
  const rule = `must be a whole number of seconds from ${min} to ${MAX_CADENCE_SECONDS}`;
  return v.pipe(v.number(), v.integer(rule), v.minValue(min, rule), v.maxValue(MAX_CADENCE_SECONDS, rule));
};
export const cadence = object({ every_seconds: seconds(1), grace_seconds: v.optional(seconds(0), 60) });

export const cadenceAnswer = object({ every_seconds: whole, grace_seconds: whole });

export const runFactsAnswer = object({
  command: text,
  host: v.optional(text),
  user: v.optional(text),
  directory: v.optional(text),
  git: v.optional(object({ branch: v.optional(text), commit: v.optional(text) })),
  ci_url: v.optional(text),
});
