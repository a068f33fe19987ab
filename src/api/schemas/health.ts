import * as v from 'valibot';
import { amount, named, object, oneOf } from './fields.ts';

export const health = named('Health', object({ status: v.literal('healthy') }));

export const readiness = named(
  'Readiness',
  object({
    status: oneOf(['ready', 'degraded', 'unavailable']),
    backends: v.record(v.string(), object({ status: oneOf(['up', 'down']), latency_ms: amount })),
  }),
);
