import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { defined } from '../../domain/defined.ts';

/** One server or a cluster of them: the same commands. */
export type RedisClient = Redis | Cluster;

export type RedisAddress = Readonly<{
  host: string;
  /** By default 6379. */
  port?: number | undefined;
  /** Whether to use TLS; certificates that Node does not trust by default come as `ca`, in PEM. */
  tls?: boolean | Readonly<{ ca: string }> | undefined;
  cluster?: boolean | undefined;
  username?: string | undefined;
  password?: string | undefined;
}>;

/**
 * A client that connects with its first command. Its owner disconnects it and bounds the time of commands, as a link
 * does: a time limit of the client itself would be one more timer for each command.
 */
export const redisClient = (
  { host, port = 6379, tls = false, cluster = false, username, password }: RedisAddress,
  /** Called with the reason whenever Redis refuses the password. */
  refused: (reason: string) => void = () => undefined,
): RedisClient => {
  const options: RedisOptions = {
    ...defined({ username, password }),
    ...(tls === false ? {} : { tls: tls === true ? {} : { ca: tls.ca } }),
    lazyConnect: true,
    // The offline queue stays on: without it the first command after a frozen process thaws fails.
    enableOfflineQueue: true,
    // An interrupted command is sent again, because a dead idle connection is often noticed only by its next command.
    // It may have been executed before: every write must tolerate being run twice.
    autoResendUnfulfilledCommands: true,
    maxRetriesPerRequest: 1,
    connectTimeout: 500,
    keepAlive: 10_000,
    // Nothing is sent before the first command: a Redis that is still loading says so in its answer to that as well.
    enableReadyCheck: false,
    disableClientInfo: true,
  };
  const client: RedisClient = cluster
    ? new Cluster([{ host, port }], {
        lazyConnect: true,
        redisOptions: options,
        // Certificates name hosts, not addresses; and ElastiCache answers with names that must stay names.
        dnsLookup: (address, callback) => callback(null, address),
        slotsRefreshTimeout: 2_000,
        clusterRetryStrategy: retryDelay,
      })
    : new Redis({ ...options, host, port, retryStrategy: retryDelay });
  // Without a listener ioredis prints every failed attempt. Commands fail with the same errors, which are handled.
  client.on('error', (error: Error) => reportRefusal(error, refused));
  // A cluster reports its nodes' errors apart; its own say only that no node could be asked.
  if (cluster) client.on('node error', (error: Error) => reportRefusal(error, refused));
  return client;
};

const reportRefusal = ({ message }: Error, refused: (reason: string) => void): void => {
  if (/\b(WRONGPASS|NOAUTH)\b|invalid password/.test(message)) refused(message);
};

const retryDelay = (attempt: number): number => Math.min(attempt * 50, 500);
