// A server that answers a GET of one task out of its memory, as each of the peers would have it: run by `benchmark.ts`.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { input } from '../lib/in-worker.ts';

export type Peer = 'node:http' | 'express' | 'fastify';
/** What our own server answers to the same request, so that all of them answer the same. */
export type Answer = Readonly<{ taskId: string; headers: Readonly<Record<string, string>>; body: string }>;

const PREFIX = '/api/tasks/';

const listen: Record<Peer, (answer: Answer) => Promise<number>> = {
  'node:http': ({ taskId, headers, body }) => {
    const tasks = new Map([[taskId, body]]);
    const server = createServer((request, response) => {
      const { url = '' } = request;
      const found =
        request.method === 'GET' && url.startsWith(PREFIX) ? tasks.get(url.slice(PREFIX.length)) : undefined;
      if (found === undefined) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, headers);
      response.end(found);
    });
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    );
  },

  express: ({ taskId, headers, body }) => {
    const tasks = new Map([[taskId, body]]);
    const app = express();
    app.disable('x-powered-by');
    app.get(`${PREFIX}:taskId`, (request, response) => {
      const found = tasks.get(request.params['taskId'] ?? '');
      if (found === undefined) response.status(404).end();
      else response.set(headers).send(found);
    });
    return new Promise((resolve) => {
      const server = app.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  },

  fastify: async ({ taskId, headers, body }) => {
    const tasks = new Map([[taskId, body]]);
    const app = fastify();
    app.get<{ Params: { taskId: string } }>(`${PREFIX}:taskId`, (request, reply) => {
      const found = tasks.get(request.params.taskId);
      if (found === undefined) reply.code(404).send();
      else reply.headers(headers).send(found);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  },
};

const { peer, answer } = input<{ peer: Peer; answer: Answer }>();
process.send?.({ port: await listen[peer](answer) });
process.on('disconnect', () => process.exit(0));
