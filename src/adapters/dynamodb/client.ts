import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { defined } from '../../domain/defined.ts';

/** Times in milliseconds. */
export type DynamodbClientOptions = Readonly<{
  /** The endpoint of an emulator or a private endpoint; by default the Region's own. */
  endpoint?: string;
  region?: string;
  /** The time limit for connecting. */
  connectTimeoutMs?: number;
  /** The time limit for a reply. */
  requestTimeoutMs?: number;
  /** The most requests at the same time; more wait. */
  concurrency?: number;
  /** How long a request may wait for the others. */
  queueTimeoutMs?: number;
  /** Attempts of the SDK's own for each request, the first included. */
  maxAttempts?: number;
}>;

/**
 * A client that gives up on a peer that does not answer. It opens no connection before its first request; close it
 * with `destroy()`.
 */
export const dynamodbClient = ({
  endpoint,
  region,
  connectTimeoutMs = 1000,
  requestTimeoutMs = 2000,
  concurrency = 50,
  queueTimeoutMs = 5000,
  maxAttempts = 3,
}: DynamodbClientOptions = {}): DynamoDBClient => {
  const local = endpoint !== undefined && isLocal(endpoint);
  const client = new DynamoDBClient({
    ...defined({ endpoint }),
    ...(region === undefined ? (local ? { region: 'us-east-1' } : {}) : { region }),
    // An emulator requires credentials and accepts any. Real ones must not be sent to it.
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
    maxAttempts,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Without it the timeout of a request is only a warning in the log.
      throwOnRequestTimeout: true,
      // For a peer that dies in the middle of its reply.
      socketTimeout: requestTimeoutMs,
      httpAgent: { maxSockets: concurrency },
      httpsAgent: { maxSockets: concurrency },
    },
  });
  // The SDK's timeouts count from when a request is made, even while it waits for one of the agent's sockets: under
  // load it would mistake a queue for a dead peer. So a request is made only once there is a socket for it.
  const requests = semaphore(concurrency, queueTimeoutMs);
  client.middlewareStack.add(
    (next) => async (request) => {
      await requests.take();
      try {
        return await next(request);
      } finally {
        requests.give();
      }
    },
    { step: 'deserialize', priority: 'high', name: 'miyabiConcurrency' },
  );
  return client;
};

const semaphore = (count: number, timeoutMs: number) => {
  type Waiting = Readonly<{ go: () => void }>;
  const waiting = new Set<Waiting>();
  let free = count;
  return {
    take: async (): Promise<void> => {
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const entry = {
          go: () => {
            clearTimeout(timer);
            resolve();
          },
        };
        const timer = setTimeout(() => {
          waiting.delete(entry);
          // Not with the SDK's name for a timeout: a retry would only wait again.
          reject(
            Object.assign(new Error(`no free connection within ${timeoutMs} ms`), {
              name: 'QueueTimeoutError',
            }),
          );
        }, timeoutMs);
        waiting.add(entry);
      });
    },
    give: (): void => {
      const [first] = waiting;
      if (first === undefined) {
        free += 1;
        return;
      }
      waiting.delete(first);
      first.go();
    },
  };
};

/** This machine, or a name without a dot such as a container's. */
const isLocal = (endpoint: string): boolean => {
  const { hostname } = new URL(endpoint);
  return hostname.startsWith('127.') || hostname === '[::1]' || !/[.:]/.test(hostname);
};
