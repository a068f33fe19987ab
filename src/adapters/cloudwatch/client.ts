import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';

/** Times in milliseconds. */
export type CloudwatchClientOptions = Readonly<{
  /** Where an emulator or a private endpoint answers; by default the Region's own. */
  endpoint?: string;
  region?: string;
  /** How long a connection may take to come about. */
  connectTimeoutMs?: number;
  /** How long a reply may take. A page of logs may be a megabyte and is searched for before its first byte. */
  requestTimeoutMs?: number;
}>;

/**
 * A client that gives up on a peer that does not answer, and that tries once: what is worth another try is
 * `retrying`'s to say. It opens no connection before its first request; close it with `destroy()`.
 */
export const cloudwatchClient = ({
  endpoint,
  region,
  connectTimeoutMs = 1000,
  requestTimeoutMs = 8000,
}: CloudwatchClientOptions = {}): CloudWatchLogsClient => {
  const local = endpoint !== undefined && isLocal(endpoint);
  return new CloudWatchLogsClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? (local ? { region: 'us-east-1' } : {}) : { region }),
    // An emulator asks for credentials and takes any. Real ones have no business there.
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
    maxAttempts: 1,
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
