import * as v from 'valibot';

import { id, name, named, object, text, time, whole, wholeNumber } from './fields.ts';
import { task } from './tasks.ts';

/** The most log events in one post. */
const MAX_EVENTS = 10_000;

export const logBatch = named(
  'LogBatch',
  object({
    project_id: v.optional(id),
    log_group: name(512),
    log_stream: name(512),
    events: v.pipe(
      v.array(
        object({
          id: v.optional(name(256)),
          timestamp: time,
          message: v.string(),
        }),
      ),
      v.maxLength(MAX_EVENTS, `must not have more than ${MAX_EVENTS} entries; send them in parts`),
    ),
  }),
);

/** The position of a piece of a log: `offset` is that of its first byte, `last` says that nothing follows. */
export const logTextQuery = object({
  log_group: name(512),
  log_stream: name(512),
  project_id: v.optional(id),
  offset: v.optional(wholeNumber),
  last: v.optional(
    v.pipe(
      v.picklist(['true', 'false'], 'must be true or false'),
      v.transform((value) => value === 'true'),
    ),
    'false',
  ),
});

export const collectRequest = named(
  'CollectRequest',
  v.pipe(
    object({
      log_group: v.optional(name(512)),
      start_time: v.optional(time),
      end_time: v.optional(time),
    }),
    v.check(
      ({ start_time, end_time }) =>
        start_time === undefined || end_time === undefined || start_time <= end_time,
      'must not end before it starts',
    ),
  ),
);

const logResultEntries = {
  events: whole,
  lines: whole,
  records: whole,
  duplicates: whole,
  late: whole,
  oversized: whole,
  tasks: v.array(task),
};
export const logResult = named('LogResult', object(logResultEntries));
export const logTextResult = named('LogTextResult', object({ ...logResultEntries, next_offset: whole }));

export const collectResult = named(
  'CollectResult',
  v.looseObject({ message: text, records: whole, groups: v.array(v.looseObject({})) }),
);
