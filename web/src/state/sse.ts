/** One server-sent event, or the lines between two that carry only an `id` or a `retry`. */
export type ServerEvent = Readonly<{
  kind: string;
  data: string;
  id: string | undefined;
  retry: number | undefined;
}>;

/**
 * Server-sent events as they come. `EventSource` cannot send an API key, so this reads the stream itself.
 * `heard` is called for every piece that arrives, whatever it holds.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      rest += decoder.decode(value, { stream: true }).replaceAll('\r', '');
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) yield eventOf(block);
    }
  } finally {
    // Without it the connection stays open when the reader of this generator turns away.
    reader.cancel().catch(() => undefined);
  }
}

const eventOf = (block: string): ServerEvent => {
  let kind = 'message';
  let id: string | undefined;
  let retry: number | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') kind = value;
    else if (name === 'data') data.push(value);
    else if (name === 'id') id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) retry = Number(value);
  }
  return { kind, data: data.join('\n'), id, retry };
};
