import { createServer, type Server, type Socket } from 'node:net';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import * as assert from 'uvu/assert';
import { cloudwatchClient } from '../../../src/adapters/cloudwatch/client.ts';
import { isWorthRetrying } from '../../../src/domain/retry.ts';
import { rejects, suite } from '../../support/suite.ts';

const test = suite('the CloudWatch Logs client');

/** A peer that handles every connection as the test says, and counts the requests. */
const peer = async (answer: (socket: Socket) => void) => {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      requests += 1;
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: () => requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const ask = async (endpoint: string): Promise<Error> => {
  // Long enough for a busy machine to load the client and to send a request.
  const client = cloudwatchClient({ endpoint, connectTimeoutMs: 10_000, requestTimeoutMs: 1_500 });
  try {
    return await rejects(client.send(new FilterLogEventsCommand({ logGroupName: 'g' })));
  } finally {
    client.destroy();
  }
};

const faults: Record<string, (socket: Socket) => void> = {
  'never answers': () => {},
  'hangs up': (socket) => socket.destroy(),
  'stops in the middle of its reply': (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 5000\r\n\r\n{"events":[',
    ),
  'is in trouble': (socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}'),
};

for (const [name, answer] of Object.entries(faults)) {
  test(`gives a peer up that ${name}, after one request, as worth another try`, async () => {
    const there = await peer(answer);
    try {
      const error = await ask(there.endpoint);
      assert.ok(isWorthRetrying(error), String(error));
      assert.is(there.requests(), 1);
    } finally {
      await there.close();
    }
  });
}

test('gives a peer up that is not there', async () => {
  const there = await peer(() => {});
  await there.close();
  const error = await ask(there.endpoint);
  assert.ok(isWorthRetrying(error), String(error));
});

test.run();
