import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { type RedisAddress, redisClient } from '../../src/adapters/redis/connection.ts';
import type { RedisLink } from '../../src/adapters/redis/link.ts';
import { isOnPath } from './cli.ts';
import { freePort } from './free-port.ts';
import { strictLink } from './redis-mock.ts';
import { shared, slowly, suite } from './suite.ts';

const run = promisify(execFile);

/** Whether tests can start servers of their own. */
export const hasRedisServer = isOnPath('redis-server');

export type RedisServer = Readonly<{
  address: RedisAddress & { readonly port: number };
  /** Process ids, to stop and continue. */
  pids: readonly number[];
  stop(): Promise<void>;
}>;

/** Asks again and again, every 20 ms, until it is true or the time is over. */
export const until = async (
  what: string,
  isTrue: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  const late = new Error(`not within ${timeoutMs} ms: ${what}`);
  let timer: NodeJS.Timeout | undefined;
  // What is asked may never answer.
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), timeoutMs);
  });
  try {
    while (!(await Promise.race([isTrue(), over]))) {
      if (performance.now() > deadline) throw late;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    clearTimeout(timer);
  }
};

type Started = Readonly<{ pid: number; stop(): Promise<void> }>;

/** A redis-server that ends when it is stopped or when this process does, however that ends. */
const startProcess = async (
  options: (folder: string) => readonly string[] | Promise<readonly string[]>,
): Promise<Started> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-redis-'));
  // `cat` ends when the other end of the pipe is closed, and then the shell cleans up.
  const shell = spawn(
    'sh',
    [
      ...[
        '-c',
        'redis-server "$@" >/dev/null 2>&1 & echo $!; cat; kill -9 $!; wait $! 2>/dev/null; rm -rf "$0"',
        folder,
      ],
      ...['--dir', folder, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ...(await options(folder)),
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  const pid = await new Promise<number>((resolve) =>
    shell.stdout.once('data', (data) => resolve(Number.parseInt(String(data), 10))),
  );
  // A test run that has nothing else to do shall end.
  shell.unref();
  for (const pipe of [shell.stdin, shell.stdout])
    if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  return {
    pid,
    async stop() {
      shell.ref();
      shell.stdin.end();
      await ended;
    },
  };
};

/** The process itself answers, and not another one that was quicker to take its port. */
const answers = async (address: RedisAddress, { pid, stop }: Started): Promise<void> => {
  const client = redisClient({ ...address, cluster: false });
  try {
    const isAnswering = async () =>
      (await client.info('server').catch(() => '')).includes(`process_id:${pid}\r`);
    // Not longer: if another program has taken the port, the next one is tried.
    await until('redis-server answers', isAnswering, 20_000);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    client.disconnect();
  }
};

export const startRedis = async (port?: number, tries = 3): Promise<RedisServer> => {
  const address = { host: '127.0.0.1', port: port ?? (await freePort()) };
  const started = await startProcess(() => ['--port', String(address.port)]);
  try {
    await answers(address, started);
  } catch (error) {
    // A port that was free a moment ago may be another program's by now.
    if (port !== undefined || tries <= 1) throw error;
    return startRedis(undefined, tries - 1);
  }
  return { address, pids: [started.pid], stop: started.stop };
};

/** With TLS by its own certificate, and a password. */
export const startTlsRedis = async (): Promise<RedisServer> => {
  const port = await freePort();
  const password = 'correct-horse-battery';
  let ca = '';
  const started = await startProcess(async (folder) => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    await run('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ]);
    ca = await readFile(certificate, 'utf8');
    return [
      ...['--port', '0', '--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key],
      ...['--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no', '--requirepass', password],
    ];
  });
  const address = { host: '127.0.0.1', port, tls: { ca }, password };
  await answers(address, started);
  return { address, pids: [started.pid], stop: started.stop };
};

/** Three nodes that share the slots. */
export const startRedisCluster = async (): Promise<RedisServer> => {
  const nodes = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const [port, bus] = [await freePort(), await freePort()];
      const started = await startProcess(() => [
        ...['--port', String(port), '--cluster-enabled', 'yes', '--cluster-port', String(bus)],
        ...['--cluster-node-timeout', '2000'],
      ]);
      await answers({ host: '127.0.0.1', port }, started);
      return { index, port, bus, ...started, client: new Redis(port) };
    }),
  );
  const [first] = nodes;
  if (first === undefined) throw new Error('no nodes');
  for (const { client, index } of nodes) {
    await client.call(
      'CLUSTER',
      'ADDSLOTSRANGE',
      Math.ceil((index * 16384) / 3),
      Math.ceil(((index + 1) * 16384) / 3) - 1,
    );
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  for (const { port, bus } of nodes.slice(1))
    await first.client.call('CLUSTER', 'MEET', '127.0.0.1', port, bus);
  for (const { client } of nodes) {
    await until('the cluster is whole', async () => {
      const info = String(await client.call('CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
    client.disconnect();
  }
  return {
    address: { host: '127.0.0.1', port: first.port, cluster: true },
    pids: nodes.map(({ pid }) => pid),
    async stop() {
      await Promise.all(nodes.map(({ stop }) => stop()));
    },
  };
};

/** The address that a `redis:` or `rediss:` URL names. */
const addressOf = (text: string): RedisAddress => {
  const url = new URL(text);
  return {
    host: url.hostname,
    port: Number(url.port === '' ? 6379 : url.port),
    tls: url.protocol === 'rediss:',
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
};

/** Links to one server, which starts with the first of them and ends after the last test of the file. */
const links = (start: () => Promise<RedisServer>): (() => Promise<RedisLink>) => {
  const server = shared('redis-server', start, ({ stop }) => stop());
  return async () => {
    const { address } = await server();
    return strictLink(() => redisClient(address));
  };
};

const standalone = links(() => startRedis());
const cluster = links(startRedisCluster);
const withTls = links(startTlsRedis);

/** Runs something with a link to a redis-server of this file. */
export const onStandaloneRedis = async (run: (redis: RedisLink) => Promise<void>): Promise<void> => {
  const redis = await standalone();
  try {
    await run(redis);
  } finally {
    await redis.close();
  }
};

/**
 * Runs suites on a redis-server standalone, in a cluster, and with TLS and a password, each of which it starts itself;
 * and on the one at `REDIS_URL`. Where one is missing it shows as a skipped test of its name.
 */
export const onEveryRedis = (
  port: string,
  suites: (adapter: string, open: () => Promise<RedisLink>) => void,
): void => {
  const skip = (where: string, reason: string): void => {
    const absent = suite(`${port}: ${where}`);
    absent.skip('meets the contract', reason);
    absent.run();
  };
  const ours = [
    ['redis-server', standalone, hasRedisServer],
    ['redis-server, a cluster of three', cluster, hasRedisServer],
    ['redis-server with TLS and a password', withTls, hasRedisServer && isOnPath('openssl')],
  ] as const;
  for (const [adapter, open, isThere] of ours) {
    if (isThere && open === standalone) suites(adapter, open);
    else if (isThere) slowly(() => suites(adapter, open));
    else skip(adapter, 'redis-server is not on the PATH');
  }
  const { REDIS_URL: url } = process.env;
  if (url === undefined || url === '') skip('redis at REDIS_URL', 'REDIS_URL is not set');
  else suites(`redis at ${new URL(url).host}`, async () => strictLink(() => redisClient(addressOf(url))));
};
