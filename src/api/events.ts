import type { Change, FeedEntry } from '../ports/change-feed.ts';
import type { EventPage, EventSignal } from '../services/events.ts';
import { SERVER_STOPS } from './message.ts';

/** Milliseconds after which a client whose stream broke off reconnects. */
const RETRY_MS = 1_000;

/**
 * Server-sent events: `event` is the kind, `id` the position to resume from, `data` is from `dataOf`. Lines without
 * data have an `id` alone, so that a client that has received nothing yet resumes from the right position too.
 */
export async function* eventStream(
  signals: AsyncIterable<EventSignal>,
  ending?: AbortSignal,
): AsyncGenerator<string> {
  let position = '';
  for await (const signal of signals) {
    position = signal.type === 'entries' ? (signal.entries.at(-1)?.position ?? position) : signal.position;
    switch (signal.type) {
      case 'start':
        yield `retry: ${RETRY_MS}\nid: ${signal.position}\n\n`;
        break;
      case 'reset':
        yield resetText(signal.position);
        break;
      case 'beat':
        yield `: still here\nid: ${signal.position}\n\n`;
        break;
      case 'entries':
        yield entriesText(signal.entries);
        break;
      default:
        signal satisfies never;
    }
  }
  // Another server may not have the position: its client must not assume that it has seen everything.
  if (ending?.reason === SERVER_STOPS && position !== '') yield resetText(position);
}

/** The same events as an answer that ends: a browser's EventSource reconnects by itself. */
export const eventText = ({ entries, next, reset }: EventPage, retryMs: number): string =>
  `retry: ${retryMs}\n${reset ? resetText(next) : ''}${entriesText(entries)}id: ${next}\n\n`;

/** A page of events as JSON text, for clients that poll. */
export const eventPageText = ({ entries, next, reset }: EventPage): string =>
  `{"events":[${entries.map(eventJson).join(',')}],"next":${JSON.stringify(next)},"reset":${reset}}`;

const resetText = (position: string): string =>
  `event: reset\nid: ${position}\ndata: {"reason":"events were missed; read again what you keep"}\n\n`;

/** Subscribers with one filter share one array, which is serialized once for all of them. */
const texts = new WeakMap<readonly FeedEntry[], string>();

const entriesText = (entries: readonly FeedEntry[]): string => {
  const known = texts.get(entries);
  if (known !== undefined) return known;
  const text = entries
    .map(({ position, change }) => `event: ${change.kind}\nid: ${position}\ndata: {${dataOf(change)}}\n\n`)
    .join('');
  texts.set(entries, text);
  return text;
};

const eventJson = ({ position, change }: FeedEntry): string =>
  `{"id":${JSON.stringify(position)},"event":"${change.kind}",${dataOf(change)}}`;

/** The members of an event's JSON. The body is JSON text already and is sent as it is. */
const dataOf = ({ kind, action, id, project_id, version, body }: Change): string =>
  [
    `"action":"${action}"`,
    ...(kind === 'task' ? [`"task_id":${JSON.stringify(id)}`] : []),
    `"project_id":${JSON.stringify(project_id)}`,
    `"version":${version}`,
    ...(body === undefined ? [] : [`"${kind}":${body}`]),
  ].join(',');
