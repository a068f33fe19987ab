// A GET of one task, answered by each peer as a Lambda handler: the same check of the key, the same look into the same
// map, the same answer. Only what lies between the event and that differs.
import { hash as digestOf, timingSafeEqual } from 'node:crypto';
import { Router } from '@aws-lambda-powertools/event-handler/http';
import awsLambdaFastify from '@fastify/aws-lambda';
import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import serverless from 'serverless-http';

/** What a peer reads of an event of API Gateway, payload format 2.0. */
export type Event = Readonly<{
  rawPath: string;
  headers: Readonly<Record<string, string>>;
  requestContext: Readonly<{ http: Readonly<{ method: string }> }>;
}>;
export type Answer = Readonly<{
  statusCode: number;
  headers?: Readonly<Record<string, unknown>>;
  body: string;
}>;
export type Handler = (event: Event) => Promise<Answer>;

/** What is answered: each task with its version, and whose key is good (its SHA-256, hexadecimal). */
export type StoredTasks = Readonly<{
  tasks: ReadonlyMap<string, Readonly<{ version: number; json: string }>>;
  keyHash: string;
}>;

type Reply = Readonly<{ status: 200 | 304 | 401 | 404; headers: Record<string, string>; body: string }>;
type Ask = (
  authorization: string | undefined,
  ifNoneMatch: string | undefined,
  id: string | undefined,
) => Promise<Reply>;

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'private, no-cache',
  'x-content-type-options': 'nosniff',
};

/** What every peer calls. Asynchronous, as a cache is. */
const asker = ({ tasks, keyHash }: StoredTasks): Ask => {
  const hash = Buffer.from(keyHash, 'hex');
  return async (authorization = '', ifNoneMatch, id = '') => {
    const key = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
    if (!timingSafeEqual(hash, digestOf('sha256', key, 'buffer'))) {
      return { status: 401, headers: HEADERS, body: '{"error":"A valid API key is needed"}' };
    }
    const found = tasks.get(id);
    if (found === undefined) return { status: 404, headers: HEADERS, body: '{"error":"Task not found"}' };
    const headers = { ...HEADERS, etag: `"${found.version}"` };
    return ifNoneMatch === headers.etag
      ? { status: 304, headers, body: '' }
      : { status: 200, headers, body: found.json };
  };
};

/** A server with more than one route has a routing table. These routes fill it and are never called. */
const OTHERS = ['/health', '/health/ready', '/api/tasks', '/api/projects', '/api/events'] as const;
const NOTHING = { statusCode: 404, headers: HEADERS, body: '{}' };

const PATH = '/api/tasks/:id';

/** No framework and no router: the lower bound. */
const plain = (ask: Ask): Handler => {
  const prefix = '/api/tasks/';
  return async ({ rawPath, headers, requestContext }) => {
    if (requestContext.http.method !== 'GET' || !rawPath.startsWith(prefix)) return NOTHING;
    const reply = await ask(headers['authorization'], headers['if-none-match'], rawPath.slice(prefix.length));
    return { statusCode: reply.status, headers: reply.headers, body: reply.body };
  };
};

const middyHandler = (ask: Ask): Handler => {
  type Routed = Event & { pathParameters?: Record<string, string> };
  const routes = [
    {
      method: 'GET' as const,
      path: '/api/tasks/{id}',
      handler: async ({ headers, pathParameters }: Routed) => {
        const reply = await ask(headers['authorization'], headers['if-none-match'], pathParameters?.['id']);
        return { statusCode: reply.status, headers: reply.headers, body: reply.body };
      },
    },
    ...OTHERS.map((path) => ({ method: 'GET' as const, path, handler: async () => NOTHING })),
  ];
  // Its types ask for every field of an event that API Gateway sends.
  return middy().handler(httpRouter(routes as never) as never) as unknown as Handler;
};

const honoHandler = (ask: Ask): Handler => {
  const app = new Hono();
  app.get(PATH, async ({ req, body }) => {
    const reply = await ask(req.header('authorization'), req.header('if-none-match'), req.param('id'));
    return body(reply.body, reply.status as 200, reply.headers);
  });
  for (const path of OTHERS) app.get(path, (context) => context.body('{}', 404));
  return handle(app) as unknown as Handler;
};

const powertoolsHandler = (ask: Ask): Handler => {
  const app = new Router();
  app.get(PATH, async ({ params, req }) => {
    const authorization = req.headers.get('authorization') ?? undefined;
    const reply = await ask(authorization, req.headers.get('if-none-match') ?? undefined, params['id']);
    return new Response(reply.body, { status: reply.status, headers: reply.headers });
  });
  for (const path of OTHERS) app.get(path, async () => new Response('{}', { status: 404 }));
  const context = { awsRequestId: 'bench', functionName: 'bench' };
  return (event) => app.resolve(event, context as never) as unknown as Promise<Answer>;
};

const fastifyApp = async (ask: Ask) => {
  const app = fastify();
  app.get<{ Params: { id: string } }>(PATH, async (request, reply) => {
    const { authorization, 'if-none-match': ifNoneMatch } = request.headers;
    const answer = await ask(authorization, ifNoneMatch, request.params.id);
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
  for (const url of OTHERS) app.get(url, async (_request, reply) => reply.code(404).send('{}'));
  await app.ready();
  return app;
};

const fastifyHandler = async (ask: Ask): Promise<Handler> => {
  const handler = awsLambdaFastify((await fastifyApp(ask)) as never);
  return (event) => handler(event as never, {} as never) as unknown as Promise<Answer>;
};

/** Fastify's own way in for tests, without the translation from an event. */
const fastifyInject = async (ask: Ask): Promise<Handler> => {
  const app = await fastifyApp(ask);
  return async ({ rawPath, headers, requestContext }) => {
    const { statusCode, body } = await app.inject({
      method: requestContext.http.method as 'GET',
      url: rawPath,
      headers,
    });
    return { statusCode, body };
  };
};

const expressHandler = (ask: Ask): Handler => {
  const app = express();
  app.disable('x-powered-by');
  app.get(PATH, async (request, response) => {
    const { authorization, 'if-none-match': ifNoneMatch } = request.headers;
    const reply = await ask(authorization, ifNoneMatch, request.params['id']);
    response.status(reply.status).set(reply.headers).send(reply.body);
  });
  for (const path of OTHERS) app.get(path, (_request, response) => void response.status(404).send('{}'));
  const handler = serverless(app as never);
  return (event) => handler(event, {}) as unknown as Promise<Answer>;
};

export const peers = async (tasks: StoredTasks): Promise<Readonly<Record<string, Handler>>> => {
  const ask = asker(tasks);
  return {
    'plain function': plain(ask),
    'middy, http-router': middyHandler(ask),
    hono: honoHandler(ask),
    powertools: powertoolsHandler(ask),
    'fastify, inject': await fastifyInject(ask),
    'fastify, aws-lambda': await fastifyHandler(ask),
    'express, serverless-http': expressHandler(ask),
  };
};
