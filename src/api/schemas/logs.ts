import * as v from 'valibot';

import { LINE_SOURCES } from '../../domain/logs/log-place.ts';
import {
  documented,
  id,
  line,
  moment,
  name,
  named,
  object,
  oneOf,
  text,
  time,
  whole,
  wholeNumber,
} from './fields.ts';
import { task } from './tasks.ts';

/** The most log events in one post. */
const MAX_EVENTS = 10_000;

export const logBatch = named(
  'LogBatch',
  object({
    project_id: v.optional(id),
    log_group: name(512),
    log_stream: name(512),
    run_id: v.optional(
      v.pipe(id, v.description('The task of the process whose output this is, created with `run`.')),
    ),
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

/** The most lines of one answer. */
const MAX_LINES = 1_000;
const lineCount = (description: string) =>
  v.optional(
    documented(
      { description, type: 'integer', minimum: 1, maximum: MAX_LINES },
      v.pipe(
        v.string(),
        v.regex(/^\d{1,4}$/, LINES_RULE),
        v.transform(Number),
        v.minValue(1, LINES_RULE),
        v.maxValue(MAX_LINES, LINES_RULE),
      ),
    ),
  );
const LINES_RULE = `must be a whole number from 1 to ${MAX_LINES}`;

const LINE_CURSOR_RULE = 'must be a cursor of this log';
const lineCursor = (description: string) =>
  v.optional(
    v.pipe(v.string(), v.regex(/^(?:0|[a-z]\d[\d.]{0,62})$/, LINE_CURSOR_RULE), v.description(description)),
  );

export const taskLogsQuery = v.pipe(
  object({
    tail: lineCount('How many of the newest lines; 100 by default.'),
    before: lineCursor('The newest lines before the one with this cursor.'),
    after: lineCursor('The oldest lines behind this cursor: where to follow from.'),
    around: v.optional(oneOf(['failure'])),
    q: v.optional(
      v.pipe(
        line(256),
        v.minLength(1, 'must not be empty'),
        v.description('Found in the line, regardless of case.'),
      ),
    ),
    limit: lineCount('The most lines to return; 100 by default.'),
  }),
  v.check(
    ({ tail, before, after, around }) =>
      [tail, before, after, around].filter((one) => one !== undefined).length <= 1,
    'must have only one of tail, before, after and around',
  ),
);

const cursorText = v.pipe(text, v.description('The place of a line; give it back as it is.'));
export const taskLogs = named(
  'TaskLogs',
  object({
    task_id: text,
    lines: v.array(object({ cursor: cursorText, timestamp: moment, text })),
    before: v.nullable(v.pipe(text, v.description('Where older lines go on; null at the beginning.'))),
    after: v.pipe(text, v.description('Where newer lines go on, those to come too.')),
    failure: v.optional(object({ cursor: cursorText })),
    omitted: v.optional(v.array(object({ after: text, lines: whole }))),
    source: oneOf(LINE_SOURCES),
  }),
);
export type TaskLogs = v.InferOutput<typeof taskLogs>;
