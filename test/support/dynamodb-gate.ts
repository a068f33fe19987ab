import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Operations of DynamoDB by name, e.g. `PutItem`. */
export type DynamodbGate = Readonly<{
  port: number;
  /** The operations that have come so far. */
  seen: readonly string[];
  /** How many of them the SDK had sent before, because the answer took too long or was a refusal. */
  resent(): number;
  /** From now on these are throttled; `none` lets all of them through. */
  throttle(operations: 'all' | 'none' | readonly string[]): void;
  close(): Promise<void>;
}>;

/** What speaks HTTP in front of a DynamoDB, to throttle it as AWS does. */
export const dynamodbGate = async (endpoint: string): Promise<DynamodbGate> => {
  const seen: string[] = [];
  let resent = 0;
  let throttled: 'all' | 'none' | readonly string[] = 'none';

  const serve = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    seen.push(operation);
    if (/attempt=(?!1\b)/.test(String(incoming.headers['amz-sdk-request']))) resent += 1;
    if (throttled === 'all' || (throttled !== 'none' && throttled.includes(operation))) {
      incoming.resume();
      answer.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      const __type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException';
      answer.end(JSON.stringify({ __type, message: 'The level of configured throughput was exceeded' }));
      return;
    }
    const { method, headers, url } = incoming;
    const onward = request(`${endpoint}${url}`, { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.on('error', () => onward.destroy());
    incoming.pipe(onward);
  };

  const server = createServer(serve);
  // A connection that is closed while a request is on its way to it would fail that request.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    resent: () => resent,
    throttle(operations) {
      throttled = operations;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
