import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What happens to bytes: `pass`; `refuse`, as if nothing listened; `stall`, connections open but no data passes, as
 * with a dead peer; `cut`, the next answer is broken off in its middle, and every one after it.
 */
export type ProxyMode = 'pass' | 'refuse' | 'stall' | 'cut';

export type TcpProxy = Readonly<{
  port: number;
  set(mode: ProxyMode): Promise<void>;
  /** How many connections it has taken. */
  connections(): number;
  close(): Promise<void>;
}>;

/** A proxy on its own port for a server on this machine. */
export const tcpProxy = async (target: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  let mode: ProxyMode = 'pass';
  let server: Server | undefined;
  let port = 0;
  let connections = 0;

  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };

  const serve = (client: Socket): void => {
    connections += 1;
    track(client);
    const upstream = connect(target, '127.0.0.1');
    track(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('data', (bytes) => {
      if (mode !== 'stall') upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (mode === 'stall') return;
      if (mode === 'cut') {
        client.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => client.destroy());
        return;
      }
      client.write(bytes);
    });
  };

  const listen = async (): Promise<void> => {
    const created = createServer(serve);
    await new Promise<void>((resolve, reject) => {
      created.once('error', reject);
      created.listen(port, '127.0.0.1', resolve);
    });
    server = created;
    const address = created.address();
    if (address !== null && typeof address !== 'string') port = address.port;
  };

  const shut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    const closed = new Promise((resolve) =>
      closing === undefined ? resolve(undefined) : closing.close(resolve),
    );
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await listen();
  return {
    port,
    connections: () => connections,
    async set(next) {
      mode = next;
      if (next === 'refuse') await shut();
      else if (server === undefined) await listen();
    },
    close: shut,
  };
};
