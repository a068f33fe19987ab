import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { defined } from '../../domain/defined.ts';

/** Times in milliseconds. */
export type CloudwatchClientOptions = Readonly<{
  /** The endpoint of an emulator or a private endpoint; by default the Region's own. */
  endpoint?: string;
  region?: string;
  /** The time limit for connecting. */
  connectTimeoutMs?: number;
  /** The time limit for a reply. A page of logs may be a megabyte and is searched before its first byte is sent. */
  requestTimeoutMs?: number;
}>;

/**
 * A client that gives up on a peer that does not answer, and tries once: `retrying` decides about retries. It opens no
 * connection before its first request; close it with `destroy()`.
 */
export const cloudwatchClient = ({
  endpoint,
  region,
  connectTimeoutMs = 1000,
  requestTimeoutMs = 8000,
}: CloudwatchClientOptions = {}): CloudWatchLogsClient => {
  const local = endpoint !== undefined && isLocal(endpoint);
  return new CloudWatchLogsClient({
    ...defined({ endpoint }),
    ...(region === undefined ? (local ? { region: 'us-east-1' } : {}) : { region }),
    // An emulator requires credentials and accepts any. Real ones must not be sent to it.
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Without it the timeout of a request is only a warning in the log.
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
