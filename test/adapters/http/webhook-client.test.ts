import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import * as assert from 'uvu/assert';
import { httpWebhookClient, type WebhookClientOptions } from '../../../src/adapters/http/webhook-client.ts';
import { parseRange } from '../../../src/domain/webhooks/address.ts';
import { suite } from '../../support/suite.ts';

const test = suite('WebhookClient: http');

const LOOPBACK = [parseRange('127.0.0.0/8')].filter((range) => range !== undefined);
const KEY = Buffer.from('0123456789-0123456789-0123456789');
const SECRET = `whsec_${KEY.toString('base64')}`;

type Received = Readonly<{ headers: IncomingMessage['headers']; method: string; url: string; body: string }>;

/** A receiver on its own port that records its requests. */
const receiver = async (answer: (response: ServerResponse, request: IncomingMessage) => void) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { headers, method = '', url = '' } = request;
      received.push({ headers, method, url, body });
      answer(response, request);
    });
  });
  // A test that fails leaves it open: that must not keep the process alive.
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const post = (url: string, options: Partial<WebhookClientOptions> = {}, secrets = [SECRET]) =>
  httpWebhookClient({ allowed: LOOPBACK, ...options }).post({
    url,
    id: 'msg_1',
    timestamp: 1_800_000_000,
    body: '{"type":"task.completed","data":"ü ✅"}',
    secrets,
  });

test('sends a message that anyone with the secret can verify', async () => {
  const there = await receiver((response) => response.writeHead(204).end());
  const other = `whsec_${Buffer.from('another-key-of-the-same-webhook!').toString('base64')}`;
  assert.equal(await post(`http://127.0.0.1:${there.port}/hook?a=b`, {}, [SECRET, other]), {
    kind: 'answered',
    status: 204,
  });
  const [message] = there.received;
  assert.equal([message?.method, message?.url], ['POST', '/hook?a=b']);
  assert.is(message?.headers['content-type'], 'application/json');
  assert.equal(JSON.parse(message?.body ?? ''), { type: 'task.completed', data: 'ü ✅' });
  const signature = createHmac('sha256', KEY)
    .update('msg_1.1800000000.')
    .update(message?.body ?? '')
    .digest('base64');
  const given = String(message?.headers['webhook-signature']).split(' ');
  assert.is(given[0], `v1,${signature}`);
  assert.is(given.length, 2);
  assert.is.not(given[1], given[0]);
  assert.equal(
    [message?.headers['webhook-id'], message?.headers['webhook-timestamp']],
    ['msg_1', '1800000000'],
  );
  there.close();
});

test('signs as the example of the Standard Webhooks specification', async () => {
  const there = await receiver((response) => response.end());
  await httpWebhookClient({ allowed: LOOPBACK }).post({
    url: `http://127.0.0.1:${there.port}/`,
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  });
  assert.is(
    there.received[0]?.headers['webhook-signature'],
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
  there.close();
});

test('follows no redirect, and returns Retry-After', async () => {
  const there = await receiver((response, { url }) =>
    url === '/busy'
      ? response.writeHead(429, { 'retry-after': '7' }).end()
      : response.writeHead(302, { location: '/elsewhere' }).end(),
  );
  assert.equal(await post(`http://127.0.0.1:${there.port}/`), { kind: 'answered', status: 302 });
  assert.equal(await post(`http://127.0.0.1:${there.port}/busy`), {
    kind: 'answered',
    status: 429,
    retry_after: '7',
  });
  assert.equal(
    there.received.map(({ url }) => url),
    ['/', '/busy'],
  );
  there.close();
});

test('reads no more of an answer than it must, and gives up on one that does not come', async () => {
  const there = await receiver((response, { url }) => {
    if (url === '/silent') return;
    response.writeHead(200);
    if (url === '/torn') {
      response.write('x', () => response.destroy());
    } else {
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    }
  });
  const base = `http://127.0.0.1:${there.port}`;
  assert.equal(await post(`${base}/endless`), { kind: 'answered', status: 200 });
  assert.equal(await post(`${base}/torn`), { kind: 'answered', status: 200 });
  assert.equal(await post(`${base}/silent`, { timeoutMs: 50 }), {
    kind: 'unreached',
    reason: 'no answer within 50 ms',
  });
  there.close();
});

test('takes as long as it may in all, not from byte to byte', async () => {
  const there = await receiver((response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('x'), 5);
    response.on('close', () => clearInterval(drip));
  });
  assert.equal(await post(`http://127.0.0.1:${there.port}/`, { timeoutMs: 60 }), {
    kind: 'unreached',
    reason: 'no answer within 60 ms',
  });
  there.close();
});

test('says in words why no receiver was reached, without an address', async () => {
  const there = await receiver(() => undefined);
  there.close();
  const refused = await post(`http://127.0.0.1:${there.port}/`);
  assert.equal(refused, { kind: 'unreached', reason: 'the connection was refused' });
  const nowhere = await post('https://hook.test/', {
    resolve: (_name, done) => done(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []),
  });
  assert.equal(nowhere, { kind: 'unreached', reason: 'there is no such name' });
  assert.is((await post('nonsense')).kind, 'unreached');
});

test('connects to no address that is neither public nor allowed, literal or by name', async () => {
  const connected: string[] = [];
  const trap = createTcpServer((socket) => {
    connected.push(socket.remoteAddress ?? '');
    socket.destroy();
  });
  trap.listen(0, '127.0.0.1').unref();
  await once(trap, 'listening');
  const { port } = trap.address() as AddressInfo;
  const resolve: WebhookClientOptions['resolve'] = (_name, done) =>
    done(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::ffff:127.0.0.1', family: 6 },
      { address: '::1', family: 6 },
    ]);
  const urls = [
    `https://127.0.0.1:${port}/`,
    `https://127.1:${port}/`,
    `https://[::ffff:7f00:1]:${port}/`,
    `http://127.0.0.1:${port}/`,
    `https://hook.test:${port}/`,
    `http://hook.test:${port}/`,
    `https://localhost:${port}/`,
  ];
  for (const url of urls) {
    const answer = await post(url, { allowed: [], resolve });
    assert.is(answer.kind, 'unreached', url);
    assert.match(answer.kind === 'unreached' ? answer.reason : '', /private|not allowed/, url);
  }
  assert.equal(connected, []);
  trap.close();
});

test('connects to the very address that it judged: a name that says something else afterwards changes nothing', async () => {
  const there = await receiver((response) => response.writeHead(200).end());
  const requested: string[] = [];
  const answers = ['127.0.0.1', '10.0.0.1', '169.254.169.254'];
  const rebinding: WebhookClientOptions['resolve'] = (name, done) => {
    requested.push(name);
    done(null, [{ address: answers[Math.min(requested.length, answers.length) - 1] ?? '', family: 4 }]);
  };
  assert.equal(await post(`http://rebind.test:${there.port}/`, { resolve: rebinding }), {
    kind: 'answered',
    status: 200,
  });
  assert.equal(requested, ['rebind.test']);
  assert.is(there.received[0]?.headers['host'], `rebind.test:${there.port}`);
  const second = await post(`http://rebind.test:${there.port}/`, { resolve: rebinding });
  assert.is(second.kind, 'unreached');
  assert.is(there.received.length, 1);
  there.close();
});

test('passes over refused addresses of a name where it has others', async () => {
  const there = await receiver((response) => response.writeHead(200).end());
  const answer = await post(`http://mixed.test:${there.port}/`, {
    resolve: (_name, done) =>
      done(null, [
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]),
  });
  assert.equal(answer, { kind: 'answered', status: 200 });
  there.close();
});

test('plain http goes to allowed addresses only', async () => {
  const answer = await post('http://public.test/', {
    resolve: (_name, done) => done(null, [{ address: '93.184.215.14', family: 4 }]),
  });
  assert.equal(answer, { kind: 'unreached', reason: 'plain http leads to an address that is not allowed' });
});

test.run();
