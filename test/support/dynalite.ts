/// <reference path="./dynalite.d.ts" />
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';

/** A DynamoDB for tests, in this process and on the loopback interface. */
export type TestDynamodb = Readonly<{
  /** E.g. `http://127.0.0.1:40123`. */
  endpoint: string;
  /** Ends it once what is under way is written. */
  close(): Promise<void>;
}>;

/** For its client. The peer is this very process: it cannot be dead, only busy, so a long wait is no reason to give up. */
export const TEST_DYNAMODB_TIMEOUTS = {
  connectTimeoutMs: 30_000,
  requestTimeoutMs: 30_000,
  queueTimeoutMs: 120_000,
} as const;

/** Opens a DynamoDB that keeps its data in a folder, or without one in memory. It has no transactions and no expiry. */
export const openTestDynamodb = async ({ path }: Readonly<{ path?: string }> = {}): Promise<TestDynamodb> => {
  const server = dynalite({
    ...(path === undefined ? {} : { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  // A client that goes away in the middle of a request would otherwise end the process: dynalite throws there.
  server.on('request', (request) => {
    request.removeAllListeners('error');
    request.on('error', () => request.destroy());
  });
  // A connection that is closed while a request is on its way to it would fail that request.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
      });
    },
  };
};
