import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memoryMetrics } from '../../src/adapters/memory/metrics.ts';
import { memoryWebhookClient } from '../../src/adapters/memory/webhook-client.ts';
import { createWebhook } from '../../src/domain/webhooks/webhook.ts';
import { webhooksLambda } from '../../src/entrypoints/lambda/send.ts';
import { eventually, startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

const test = suite('Webhooks, end to end');

type Json = Record<string, unknown>;

const call = async (url: string, method: string, body?: unknown): Promise<{ status: number; json: Json }> => {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Json };
};

test('the local server sends signed messages to an allowed receiver on this machine, and shows the result', async () => {
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      // The first attempt fails: it has to come back.
      response.writeHead(received.length === 1 ? 500 : 204).end();
    });
  });
  receiver.listen(0, '127.0.0.1').unref();
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;

  const server = await startServer({ WEBHOOK_ALLOW: '127.0.0.1' });
  const project = `${server.url}/api/projects/shop`;
  await call(`${server.url}/api/projects`, 'POST', { project_id: 'shop', project_name: 'Shop' });
  const created = await call(`${project}/webhooks`, 'POST', { url: `http://127.0.0.1:${port}/hook` });
  assert.is(created.status, 201);
  const webhook = created.json['webhook'] as Json;
  const shown = async () => (await call(`${project}/webhooks/${webhook['webhook_id']}`, 'GET')).json;
  assert.is((await shown())['secret'], undefined);

  await call(`${server.url}/api/tasks`, 'POST', { task_id: 't', project_id: 'shop', task_name: '茶' });
  await call(`${server.url}/api/tasks/t/progress`, 'POST', { current: 2, total: 2 });
  const last = await eventually(async () => {
    const found = (await shown())['last_delivery'] as Json | null;
    return found?.['outcome'] === 'delivered' ? found : undefined;
  }, 30_000);
  assert.equal(
    [last['event'], last['task_id'], last['attempts'], last['status_code']],
    ['task.completed', 't', 2, 204],
  );
  assert.is(received.length, 2);
  const [first, second] = received;
  assert.is(first?.headers['webhook-id'], second?.headers['webhook-id']);
  assert.is(first?.body, second?.body);
  const message = JSON.parse(second?.body ?? '');
  assert.equal(
    [message.type, message.data.task_name, message.data.status],
    ['task.completed', '茶', 'completed'],
  );
  const key = Buffer.from(String(webhook['secret']).replace('whsec_', ''), 'base64');
  const content = `${second?.headers['webhook-id']}.${second?.headers['webhook-timestamp']}.${second?.body}`;
  assert.is(
    second?.headers['webhook-signature'],
    `v1,${createHmac('sha256', key).update(content).digest('base64')}`,
  );
  server.process.kill('SIGTERM');
  assert.is(await server.ended, 0);
  receiver.close();
});

test.slow('without permission, the local server sends nothing to this machine, under any name', async () => {
  const connections: unknown[] = [];
  const receiver = createServer().on('connection', (socket) => {
    connections.push(socket.remoteAddress);
    socket.destroy();
  });
  receiver.listen(0, '127.0.0.1').unref();
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;

  const server = await startServer();
  const hooks = `${server.url}/api/projects/shop/webhooks`;
  await call(`${server.url}/api/projects`, 'POST', { project_id: 'shop', project_name: 'Shop' });
  for (const url of [`http://127.0.0.1:${port}/`, `https://127.1:${port}/`, `https://[::1]:${port}/`]) {
    const { status, json } = await call(hooks, 'POST', { url });
    assert.equal([status, json['code']], [400, 'invalid_input'], url);
  }
  const { json } = await call(hooks, 'POST', { url: `https://localhost:${port}/` });
  const hook = `${hooks}/${json['webhook_id']}`;
  assert.is((await call(`${hook}/test`, 'POST')).status, 202);
  const last = await eventually(
    async () => ((await call(hook, 'GET')).json['last_delivery'] as Json | null) ?? undefined,
  );
  assert.equal([last['event'], last['outcome']], ['webhook.test', 'retrying']);
  assert.match(String(last['error']), 'private, loopback or reserved');
  assert.equal(connections, []);
  server.process.kill('SIGTERM');
  assert.is(await server.ended, 0);
  receiver.close();
});

test('the Lambda works until nothing is due, and counts', async () => {
  const client = memoryWebhookClient(({ url }) => ({
    kind: 'answered',
    status: url.includes('a.') ? 200 : 410,
  }));
  const { ports, webhookSender } = await system({ ...memoryPorts(), webhookClient: client });
  const { clock, webhooks: store, outbox, logger } = ports;
  const metrics = memoryMetrics();
  const webhooks = ['a', 'b'].map((id) =>
    createWebhook({ url: `https://${id}.test/` }, { id, project_id: 'p', secret: 'x', now: clock.now() }),
  );
  await store.save({ project_id: 'p', project_created_at: '', version: 1, webhooks });
  const handler = webhooksLambda({ webhookSender, sleep: async () => undefined, logger, metrics });
  const now = clock.now();
  await outbox.add(
    Array.from({ length: 50 }, (_, index) => ({
      delivery_id: `d${index}`,
      webhook_id: index === 49 ? 'b' : 'a',
      project_id: 'p',
      event: 'task.stale' as const,
      body: '{}',
      attempts: 0,
      due_at: now,
      created_at: now,
    })),
  );
  const counts = { delivered: 49, retrying: 0, failed: 1, latest_ms: 0 };
  assert.equal(await handler({}, { getRemainingTimeInMillis: () => 60_000 }), counts);
  assert.is(client.sent.length, 50);
  assert.equal(await handler({}, { getRemainingTimeInMillis: () => 60_000 }), {
    delivered: 0,
    retrying: 0,
    failed: 0,
    latest_ms: 0,
  });
});

test('the Lambda begins nothing that it has no time for', async () => {
  let ticks = 0;
  const idle = async () => undefined;
  const take = () => ({ delivered: 0, retrying: 0, failed: 0, latest_ms: 0 });
  const webhookSender = {
    idle,
    take,
    tick: async () => {
      ticks += 1;
      return 1;
    },
  };
  const handler = webhooksLambda({
    webhookSender,
    sleep: async () => undefined,
    logger: memoryLogger(),
    metrics: memoryMetrics(),
  });
  let left = 50_000;
  await handler({}, { getRemainingTimeInMillis: () => (left -= 1_000) });
  assert.is(ticks, 4);
});

test.run();
