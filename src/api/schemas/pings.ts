import * as v from 'valibot';
import { DURATION_RULE, durationSeconds } from '../../domain/duration.ts';
import { MAX_CADENCE_SECONDS } from '../../domain/tasks/run.ts';
import { documented, id, name, object } from './fields.ts';

const duration = (min: number, description: string) =>
  documented(
    { type: 'string', description: `${description}: seconds, or with a unit as in 90s, 5m, 24h, 7d.` },
    v.pipe(
      v.string(),
      v.transform(durationSeconds),
      v.number(DURATION_RULE),
      v.minValue(min, `must be at least ${min} s`),
      v.maxValue(MAX_CADENCE_SECONDS, 'must not be longer than a year'),
    ),
  );

export const pingQuery = v.pipe(
  object({
    project_id: v.optional(v.pipe(id, v.description('Its project, if this creates the task.'))),
    name: v.optional(
      v.pipe(name(512), v.description('Its name, if this creates the task; by default its id.')),
    ),
    every: v.optional(duration(1, 'How often it is expected to start')),
    grace: v.optional(duration(0, 'How late it may be')),
  }),
  v.check(
    ({ every, grace }) => grace === undefined || every !== undefined,
    'must not have grace without every',
  ),
);
