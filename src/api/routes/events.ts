import { invalidField } from '../../domain/errors.ts';
import { preferred } from '../accept.ts';
import { validate } from '../body.ts';
import { eventPageText, eventStream, eventText } from '../events.ts';
import { jsonText } from '../message.ts';
import { notModified } from '../preconditions.ts';
import type { HttpOptions, HttpServices, Route } from '../route.ts';
import { isOthers, NO_PROJECT, present } from '../route-parts.ts';
import * as schemas from '../schemas/events.ts';

/** How long a browser waits before it asks for events again where they are no stream. */
const POLL_MS = 3_000;
const SSE = 'text/event-stream';
const JSON_TYPE = 'application/json';
const SSE_HEADERS = {
  'content-type': `${SSE}; charset=utf-8`,
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

export const eventRoute = (
  { events }: HttpServices,
  { streaming = true }: Pick<HttpOptions, 'streaming'>,
): Route => ({
  path: '/api/events',
  methods: {
    GET: {
      name: 'getEvents',
      scope: 'read',
      types: [SSE, JSON_TYPE],
      handle: async ({ request, query, principal }) => {
        const { since: sinceQuery, project_id, task_id } = validate(schemas.eventsQuery, query());
        const lastId = request.headers['last-event-id'] ?? '';
        if (lastId !== '' && !schemas.isPosition(lastId)) {
          throw invalidField('Last-Event-ID', 'must be the id of an event');
        }
        const since = lastId === '' ? sinceQuery : lastId;
        // Of another's project nothing is ever heard, as of one that is not there.
        const wanted = present({
          project_id: isOthers(principal, project_id) ? NO_PROJECT : (project_id ?? principal.project_id),
          task_id,
          since,
        });
        const [usual, other] = streaming ? [SSE, JSON_TYPE] : [JSON_TYPE, SSE];
        const asStream = preferred(request.headers['accept'], usual, other) === SSE;
        if (asStream && request.method === 'HEAD') return { status: 200, headers: SSE_HEADERS, body: '' };
        if (asStream && streaming) {
          const signal = request.signal ?? new AbortController().signal;
          return {
            status: 200,
            headers: SSE_HEADERS,
            body: eventStream(await events.subscribe({ ...wanted, signal }), signal),
          };
        }
        const page = await events.since(wanted);
        if (asStream) return { status: 200, headers: SSE_HEADERS, body: eventText(page, POLL_MS) };
        const etag = `"${page.next}"`;
        return page.news ? jsonText(200, eventPageText(page), { etag }) : notModified(etag);
      },
    },
  },
});
