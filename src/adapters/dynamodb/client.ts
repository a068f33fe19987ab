import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Times in milliseconds. */
export type DynamodbClientOptions = Readonly<{
  /** Where an emulator or a private endpoint answers; by default the Region's own. */
  endpoint?: string;
  region?: string;
  /** How long a connection may take to come about. */
  connectTimeoutMs?: number;
  /** How long a reply may take, from the request's first byte. */
  requestTimeoutMs?: number;
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
  connectTimeoutMs = 500,
  requestTimeoutMs = 2000,
  maxAttempts = 3,
}: DynamodbClientOptions = {}): DynamoDBClient => {
  const local = endpoint !== undefined && isLocal(endpoint);
  return new DynamoDBClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? (local ? { region: 'us-east-1' } : {}) : { region }),
    // An emulator asks for credentials and takes any. Real ones have no business there.
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
    maxAttempts,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Without it the time-out of a request is only a warning in the log.
      throwOnRequestTimeout: true,
      // For a peer that dies in the middle of its reply.
      socketTimeout: requestTimeoutMs,
    },
  });
};

/** This machine, or a name without a dot such as a container's. */
const isLocal = (endpoint: string): boolean => {
  const { hostname } = new URL(endpoint);
  return hostname.startsWith('127.') || hostname === '[::1]' || !/[.:]/.test(hostname);
};
