import * as v from 'valibot';
import { flag, id, named, object, oneOf, text, whole } from './fields.ts';
import { project } from './projects.ts';
import { task } from './tasks.ts';

export const position = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an event'));

export const eventsQuery = object({
  since: v.optional(v.pipe(position, v.description('The id of an event: what came after it.'))),
  project_id: v.optional(id),
  task_id: v.optional(id),
});

const event = named(
  'Event',
  object({
    id: text,
    event: oneOf(['task', 'project']),
    action: oneOf(['saved', 'deleted']),
    task_id: v.optional(text),
    project_id: text,
    version: whole,
    task: v.optional(task),
    project: v.optional(project),
  }),
);

export const eventPage = named('EventPage', object({ events: v.array(event), next: text, reset: flag }));

export type Event = v.InferOutput<typeof event>;
export type EventPage = v.InferOutput<typeof eventPage>;
