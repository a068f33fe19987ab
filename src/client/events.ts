import { createParser } from 'eventsource-parser';

/**
 * One server-sent event. `data` is empty if the server only moved the position to resume from, or sent a keep-alive.
 */
export type ServerEvent = Readonly<{
  kind: string;
  data: string;
  id: string | undefined;
  /** Milliseconds after which the server asks the client to reconnect once the stream has ended. */
  retry: number | undefined;
}>;

/** A server sends something at least every 15 s; longer silence means a broken connection. */
const SILENCE_MS = 45_000;

/**
 * Server-sent events as they arrive. An event's `id` is returned only with the whole event, so that a stream that
 * breaks within one is resumed before it.
 *
 * @throws Error where the stream breaks, or nothing arrives for `silenceMs` milliseconds.
 */
export const readEvents = (
  body: ReadableStream<Uint8Array>,
  silenceMs = SILENCE_MS,
): AsyncGenerator<ServerEvent> =>
  // Locked from the start: once a response is garbage-collected, Node cancels its body unless it has a reader.
  eventsOf(body.getReader(), silenceMs);

async function* eventsOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let event = { kind: 'message', data: '' };
  let retry: number | undefined;
  const parser = createParser({
    onEvent: ({ event: kind = 'message', data }) => {
      event = { kind, data };
    },
    onRetry: (ms) => {
      retry = ms;
    },
  });
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silenceMs);
      if (done) return;
      rest += decoder.decode(value, { stream: true }).replaceAll('\r', '');
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        event = { kind: 'message', data: '' };
        retry = undefined;
        parser.feed(`${block}\n\n`);
        // The parser does not report a block without data, but its id counts.
        yield { ...event, id: /^id: ?(.*)$/m.exec(block)?.[1], retry };
      }
    }
  } finally {
    // Without it the connection stays open when the reader of this generator stops.
    reader.cancel().catch(() => undefined);
  }
}

const within = async <T>(job: Promise<T>, ms: number): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([job, silence]);
  } finally {
    clearTimeout(timer);
  }
};
