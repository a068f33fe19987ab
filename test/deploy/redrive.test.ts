import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type DeadLetter, drain, MAX_FAILURES } from '../../deploy/dead-letters.ts';
import { subscriptionEvent } from '../support/artifact.ts';
import { type Ran, run } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite('npm run redrive');

const lines = (log_group: string) =>
  subscriptionEvent(log_group, 's', [{ id: '1', timestamp: Date.UTC(2026, 10, 1), message: '1/2' }]);

/** As Lambda sends an event that failed three times to its destination. */
const failed = (event: unknown): string =>
  JSON.stringify({
    version: '1.0',
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: event,
    responseContext: { statusCode: 200, functionError: 'Unhandled' },
    responsePayload: { errorMessage: 'DynamoDB table miyabi-tasks is not available' },
  });

/** As EventBridge leaves an event that it could not deliver. */
const SCHEDULED = JSON.stringify({
  source: 'aws.events',
  'detail-type': 'Scheduled Event',
  time: '2026-11-01T00:00:00Z',
  detail: {},
});

/** A queue whose received messages are invisible until they are released, as in SQS. */
const queueOf = (bodies: readonly string[]) => {
  let receipts = 0;
  const messages = bodies.map((body, index) => ({ id: `m${index}`, body, receipt: '', isVisible: true }));
  const of = (receipt: string) => messages.find((message) => message.receipt === receipt);
  return {
    visible: () => messages.filter(({ isVisible }) => isVisible).map(({ id }) => id),
    async receive(): Promise<readonly DeadLetter[]> {
      const found = messages.filter(({ isVisible }) => isVisible).slice(0, 10);
      for (const message of found) {
        receipts += 1;
        message.receipt = `r${receipts}`;
        message.isVisible = false;
      }
      return found.map((message) => ({ ...message }));
    },
    async remove(receipt: string) {
      const found = of(receipt);
      if (found !== undefined) messages.splice(messages.indexOf(found), 1);
    },
    async release(receipt: string) {
      const found = of(receipt);
      if (found !== undefined) found.isVisible = true;
    },
  };
};

test('gives every event to the collector once, as it was first given to it, and deletes it', async () => {
  const queue = queueOf([failed(lines('/agents')), SCHEDULED, ...Array(25).fill(failed(lines('/cdk')))]);
  const events: unknown[] = [];
  const said: string[] = [];
  const result = await drain({
    ...queue,
    invoke: async (event) => {
      events.push(event);
      return undefined;
    },
    say: (line) => said.push(line),
  });
  assert.equal(result, { taken: 27, left: 0 });
  assert.equal(queue.visible(), []);
  assert.equal(events.slice(0, 2), [lines('/agents'), JSON.parse(SCHEDULED)]);
  assert.is(events.length, 27);
  assert.equal(said.slice(0, 2), [
    'm0: 1 lines of /agents, taken in',
    'm1: a scheduled collection, taken in',
  ]);
});

test('leaves what is not taken in, and what is no event, in the queue, with the reason', async () => {
  const queue = queueOf([failed(lines('/bad')), 'no JSON', '{"colour":"red"}', failed(lines('/good'))]);
  const said: string[] = [];
  const invoked: string[] = [];
  const result = await drain({
    ...queue,
    invoke: async (event) => {
      invoked.push(JSON.stringify(event));
      return JSON.stringify(event) === JSON.stringify(lines('/bad')) ? 'the collector failed: no' : undefined;
    },
    say: (line) => said.push(line),
  });
  assert.equal(result, { taken: 1, left: 3 });
  assert.is(invoked.length, 2, 'the collector does not get what it would refuse');
  assert.equal(queue.visible(), ['m0', 'm1', 'm2']);
  assert.equal(said[0], 'm0: 1 lines of /bad, left: the collector failed: no');
  assert.match(said[1] ?? '', 'm1: unknown, left: this is no event of the collector');
});

test('stops where the collector takes nothing in, and puts back what it holds', async () => {
  const queue = queueOf(Array(40).fill(failed(lines('/cdk'))));
  let invocations = 0;
  const result = await drain({
    ...queue,
    invoke: async () => {
      invocations += 1;
      return 'the collector failed: out of memory';
    },
    say: () => undefined,
  });
  assert.is(invocations, MAX_FAILURES);
  assert.is(result.taken, 0);
  assert.is(queue.visible().length, 40);
});

test('puts back what it holds where AWS stops answering', async () => {
  const queue = queueOf([failed(lines('/bad')), failed(lines('/cdk'))]);
  let invocations = 0;
  await drain({
    ...queue,
    invoke: async () => {
      invocations += 1;
      if (invocations === 2) throw new Error('Lambda does not answer');
      return 'the collector failed';
    },
    say: () => undefined,
  }).then(assert.unreachable, () => undefined);
  assert.ok(queue.visible().includes('m0'));
});

type World = Readonly<{ ran: Ran; requested: readonly string[]; invoked: readonly unknown[] }>;

/** Runs the script against as much of AWS as it asks. `refuses` says which events the collector fails on. */
const script = async (
  bodies: readonly string[],
  {
    refuses = () => false,
    args = ['--yes'],
    hasQueue = true,
  }: Readonly<{
    refuses?: (event: string) => boolean;
    args?: readonly string[];
    hasQueue?: boolean;
  }> = {},
): Promise<World> => {
  const queue = queueOf(bodies);
  const requested: string[] = [];
  const invoked: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const target = request.headers['x-amz-target'];
    const action = new URLSearchParams(body).get('Action');
    const operation =
      typeof target === 'string' ? (target.split('.')[1] ?? '') : (action ?? request.url ?? '');
    requested.push(operation);
    const xml = (text: string) => response.writeHead(200, { 'content-type': 'text/xml' }).end(text);
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(value));
    const input = (): Record<string, string> => JSON.parse(body);
    if (operation === 'GetCallerIdentity') {
      xml(
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
      );
    } else if (operation === 'DescribeStackResources') {
      const resource = hasQueue
        ? `<member><LogicalResourceId>CollectorDeadLetters1A2B</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><PhysicalResourceId>https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters</PhysicalResourceId></member>`
        : '';
      xml(
        `<DescribeStackResourcesResponse><DescribeStackResourcesResult><StackResources>${resource}</StackResources></DescribeStackResourcesResult></DescribeStackResourcesResponse>`,
      );
    } else if (operation === 'GetQueueAttributes') {
      json({ Attributes: { ApproximateNumberOfMessages: String(queue.visible().length) } });
    } else if (operation === 'ReceiveMessage') {
      const received = await queue.receive();
      json({
        Messages: received.map(({ id, receipt, body: text }) => ({
          ...{ MessageId: id, ReceiptHandle: receipt, Body: text },
          MD5OfBody: createHash('md5').update(text).digest('hex'),
        })),
      });
    } else if (operation === 'DeleteMessage') {
      await queue.remove(input()['ReceiptHandle'] ?? '');
      json({});
    } else if (operation === 'ChangeMessageVisibility') {
      await queue.release(input()['ReceiptHandle'] ?? '');
      json({});
    } else if (operation.endsWith('/functions/miyabi-collector/invocations')) {
      invoked.push(JSON.parse(body));
      if (refuses(body)) {
        response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{"errorMessage":"no"}');
      } else response.writeHead(200).end('{"ok":true,"message":"Collected","records":1}');
    } else response.writeHead(400).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const ran = await run(
      [
        ...[process.execPath, '--import', 'tsx'],
        fileURLToPath(new URL('../../deploy/scripts/redrive.ts', import.meta.url)),
        ...args,
      ],
      {
        env: {
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'secret',
          AWS_REGION: 'eu-west-1',
          AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        },
      },
    );
    return { ran, requested, invoked };
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

test.slow('reads the queue of the stack, invokes its collector, and deletes what was taken in', async () => {
  const { ran, requested, invoked } = await script([failed(lines('/agents')), SCHEDULED]);
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, 'about 2 dead letters of miyabi-collector');
  assert.match(ran.stdout, '2 taken in and deleted, 0 left');
  assert.equal(invoked, [lines('/agents'), JSON.parse(SCHEDULED)]);
  assert.is(requested.filter((one) => one === 'DeleteMessage').length, 2);
  assert.not(requested.includes('ChangeMessageVisibility'));
});

test.slow('fails with one line where something is left, and does nothing where nothing waits', async () => {
  const [left, none, missing] = await Promise.all([
    script([failed(lines('/agents'))], { refuses: () => true }),
    script([]),
    script([], { hasQueue: false }),
  ]);
  assert.is(left.ran.code, 1);
  assert.match(left.ran.stdout, 'the collector failed: {"errorMessage":"no"}');
  assert.match(left.ran.stderr, 'redrive: 1 dead letters could not be taken in');
  assert.not(left.requested.includes('DeleteMessage'));
  assert.ok(left.requested.includes('ChangeMessageVisibility'));
  assert.is(none.ran.code, 0, none.ran.stderr);
  assert.not(none.requested.includes('ReceiveMessage'));
  assert.match(missing.ran.stderr, 'Stack Miyabi has no queue of dead letters');
});

test.slow('asks before it begins, and needs --yes where there is no terminal', async () => {
  const { ran, requested } = await script([SCHEDULED], { args: [] });
  assert.is(ran.code, 1);
  assert.match(ran.stderr, 'with --yes');
  assert.not(requested.includes('ReceiveMessage'));
});

test.run();
