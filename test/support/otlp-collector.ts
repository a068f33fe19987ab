// A collector of OpenTelemetry over HTTP that keeps the spans it gets. It reads protobuf by the numbers of its fields, so
// that what is sent is compared with the specification and not with the library that wrote it:
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './cli.ts';

type Value = string | number | boolean | readonly Value[];
type Attributes = Readonly<Record<string, Value>>;

export type CollectedSpan = Readonly<{
  name: string;
  kind: 'internal' | 'server' | 'client';
  trace_id: string;
  span_id: string;
  /** Empty for a span without one. */
  parent_id: string;
  /** In nanoseconds since the epoch. */
  start: bigint;
  end: bigint;
  attributes: Attributes;
  status: 'unset' | 'ok' | 'error';
  resource: Attributes;
}>;

export type Collector = Readonly<{
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  spans(): readonly CollectedSpan[];
  /** The headers of each request. */
  requests: readonly IncomingHttpHeaders[];
  /** Waits until a span is there, and returns it. */
  spanOf(what: string, isIt: (span: CollectedSpan) => boolean): Promise<CollectedSpan>;
  /** How it answers from now on; without a status not at all. */
  answerWith(status: number | undefined): void;
  close(): Promise<void>;
}>;

export const openCollector = async (port = 0): Promise<Collector> => {
  const spans: CollectedSpan[] = [];
  const requests: IncomingHttpHeaders[] = [];
  let status: number | undefined = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(request.headers);
      if (status === undefined) return;
      if (status === 200 && request.url === '/v1/traces') spans.push(...spansIn(Buffer.concat(chunks)));
      response.writeHead(request.url === '/v1/traces' ? status : 404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    spans: () => spans,
    requests,
    async spanOf(what, isIt) {
      await until(`the span of ${what}`, () => spans.some(isIt));
      return spans.find(isIt) as CollectedSpan;
    },
    answerWith(next) {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** The fields of a message by their number: integers of any width, and everything else as bytes. */
const fieldsOf = (bytes: Buffer): Fields => {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const read: Readonly<Record<number, () => bigint | Buffer>> = {
    0: varint,
    1: () => take(8).readBigUInt64LE(),
    2: () => take(Number(varint())),
    5: () => BigInt(take(4).readUInt32LE()),
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const value = read[tag & 7]?.();
    if (value === undefined) throw new Error(`no message of protobuf: wire type ${tag & 7}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
};

const messages = (fields: Fields, number: number): readonly Buffer[] =>
  (fields.get(number) ?? []).filter((value) => typeof value !== 'bigint');
const bytesOf = (fields: Fields, number: number): Buffer => messages(fields, number)[0] ?? Buffer.alloc(0);
const integer = (fields: Fields, number: number): bigint => {
  const value = fields.get(number)?.[0];
  return typeof value === 'bigint' ? value : 0n;
};

const anyValueIn = (bytes: Buffer): Value => {
  const fields = fieldsOf(bytes);
  if (fields.has(1)) return bytesOf(fields, 1).toString();
  if (fields.has(2)) return integer(fields, 2) === 1n;
  if (fields.has(3)) return Number(integer(fields, 3));
  if (fields.has(5)) return messages(fieldsOf(bytesOf(fields, 5)), 1).map(anyValueIn);
  throw new Error('a value of a type that no span of ours has');
};

const attributesOf = (fields: Fields, number: number): Attributes =>
  Object.fromEntries(
    messages(fields, number)
      .map(fieldsOf)
      .map((pair) => [bytesOf(pair, 1).toString(), anyValueIn(bytesOf(pair, 2))]),
  );

const KINDS = { 1: 'internal', 2: 'server', 3: 'client' } as const;
const STATUSES = { 0: 'unset', 1: 'ok', 2: 'error' } as const;

const spansIn = (body: Buffer): readonly CollectedSpan[] =>
  messages(fieldsOf(body), 1)
    .map(fieldsOf)
    .flatMap((ofResource) => {
      const resource = attributesOf(fieldsOf(bytesOf(ofResource, 1)), 1);
      return messages(ofResource, 2)
        .flatMap((scope) => messages(fieldsOf(scope), 2))
        .map((span) => ({ ...spanIn(fieldsOf(span)), resource }));
    });

const spanIn = (span: Fields): Omit<CollectedSpan, 'resource'> => ({
  trace_id: bytesOf(span, 1).toString('hex'),
  span_id: bytesOf(span, 2).toString('hex'),
  parent_id: bytesOf(span, 4).toString('hex'),
  name: bytesOf(span, 5).toString(),
  kind: KINDS[Number(integer(span, 6)) as keyof typeof KINDS],
  start: integer(span, 7),
  end: integer(span, 8),
  attributes: attributesOf(span, 9),
  status: STATUSES[Number(integer(fieldsOf(bytesOf(span, 15)), 3)) as keyof typeof STATUSES],
});
