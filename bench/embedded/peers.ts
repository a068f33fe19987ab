// What the local server on its store is compared with: a server that reads a POST of JSON and answers, and one that
// writes a row besides, as the least that a server with a store must do.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { input } from '../lib/in-worker.ts';

export type Peer = 'node:http' | 'fastify + SQLite' | 'fastify';
export type PeerInput = Readonly<{ peer: Peer; folder: string; page: string }>;

const { peer, folder, page } = input<PeerInput>();

const listen: Record<Peer, () => Promise<number>> = {
  'node:http': () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
        response.writeHead(201, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        });
        response.end(body);
      });
    });
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    );
  },

  'fastify + SQLite': async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(`${folder}/tasks.sqlite`);
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE tasks (id INTEGER PRIMARY KEY, body TEXT)',
    );
    const insert = database.prepare('INSERT OR REPLACE INTO tasks (id, body) VALUES (?, ?)');
    let count = 0;
    const app = fastify();
    app.post('*', (request, reply) => {
      // A create has a path of its own; a report updates one of 500 rows.
      const isReport = request.url.endsWith('/progress');
      count += 1;
      insert.run(isReport ? count % 500 : count, JSON.stringify(request.body));
      reply.code(201).send(request.body);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  },

  fastify: async () => {
    const app = fastify();
    app.get('*', (_request, reply) => {
      reply.header('content-type', 'application/json; charset=utf-8').send(page);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  },
};

process.send?.({ port: await listen[peer]() });
process.on('disconnect', () => process.exit(0));
