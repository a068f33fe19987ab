import * as v from 'valibot';
import { defined } from '../../domain/defined.ts';
import { invalidField } from '../../domain/errors.ts';
import { isHidden, NO_PROJECT } from '../../domain/projects/access.ts';
import { preferred } from '../accept.ts';
import { eventPageText, eventStream, eventText } from '../events.ts';
import { jsonText } from '../message.ts';
import { notModified } from '../preconditions.ts';
import { type Answer, emptyAnswer, JSON_TYPE, route } from '../route.ts';
import * as schemas from '../schemas/events.ts';

/** How long a browser waits before it polls again if there is no stream. */
const POLL_MS = 3_000;
const SSE = 'text/event-stream';
const SSE_HEADERS = {
  'content-type': `${SSE}; charset=utf-8`,
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

const EVENTS: Answer<v.InferOutput<typeof schemas.eventPage>> = {
  description: 'A stream, or a page of events',
  content: { [SSE]: undefined, [JSON_TYPE]: schemas.eventPage },
};

export const eventRoutes = {
  getEvents: route({
    method: 'GET',
    path: '/api/events',
    scope: 'read',
    summary: 'Changes of tasks and projects as they happen',
    description:
      'Server-sent events `task` and `project`; their `id` is where to resume; `reset` says that events were missed. ' +
      'Asked for `application/json`, or where the server has no streams, it answers at once with what came after `since`.',
    resumable: true,
    query: schemas.eventsQuery,
    answers: { 200: EVENTS, 304: emptyAnswer('Nothing has happened since', 'ETag') },
    handle: async ({ events }, { request, query, principal, streaming }) => {
      const lastId = request.headers['last-event-id'] ?? '';
      if (lastId !== '' && !v.is(schemas.position, lastId)) {
        throw invalidField('Last-Event-ID', 'must be the id of an event');
      }
      const wanted = defined({
        // A caller bound to another project gets no events, as if the project did not exist.
        project_id: isHidden(principal, query.project_id)
          ? NO_PROJECT
          : (query.project_id ?? principal.project_id),
        task_id: query.task_id,
        since: lastId === '' ? query.since : lastId,
      });
      const [usual, other] = streaming ? [SSE, JSON_TYPE] : [JSON_TYPE, SSE];
      const asStream = preferred(request.headers['accept'], usual, other) === SSE;
      if (asStream && request.method === 'HEAD') return { status: 200, headers: SSE_HEADERS, body: '' };
      if (asStream && streaming) {
        const signal = request.signal ?? new AbortController().signal;
        const body = eventStream(await events.subscribe({ ...wanted, signal }), signal);
        return { status: 200, headers: SSE_HEADERS, body };
      }
      const page = await events.since(wanted);
      if (asStream) return { status: 200, headers: SSE_HEADERS, body: eventText(page, POLL_MS) };
      const etag = `"${page.next}"`;
      return page.news ? jsonText(200, eventPageText(page), { etag }) : notModified(etag);
    },
  }),
};
