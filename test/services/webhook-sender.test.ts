import * as assert from 'uvu/assert';
import { memoryWebhookClient } from '../../src/adapters/memory/webhook-client.ts';
import { type Answer, type Delivery, RETRY_DELAYS_MS } from '../../src/domain/webhooks/delivery.ts';
import { createWebhook, ROTATION_MS, rotateSecret } from '../../src/domain/webhooks/webhook.ts';
import type { WebhookPost } from '../../src/ports/webhook-client.ts';
import { LEASE_MS, REST_MS } from '../../src/services/webhook-sender.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system, type TestPorts } from '../support/system.ts';

const test = suite('Webhook sender');

const DAY = 24 * 3_600_000;

/** A sender over fakes, and webhooks `w0`, `w1`, … of a project. */
const sending = async (
  answer?: (message: WebhookPost) => Answer | Promise<Answer>,
  { webhooks: count = 1 }: Readonly<{ webhooks?: number }> = {},
) => {
  const client = memoryWebhookClient(answer);
  const ports: TestPorts = { ...memoryPorts(), webhookClient: client };
  const { clock, webhooks: store, outbox } = ports;
  const webhooks = Array.from({ length: count }, (_, index) =>
    createWebhook(
      { url: `https://w${index}.test/` },
      { id: `w${index}`, project_id: 'p', secret: `secret of w${index}`, now: clock.now() },
    ),
  );
  await store.save({ project_id: 'p', project_created_at: '', version: 1, webhooks });
  const another = async () => (await system(ports)).webhookSender;
  const sender = await another();
  const add = (delivery_id: string, webhook_id = 'w0') => {
    const now = clock.now();
    const delivery: Delivery = {
      delivery_id,
      webhook_id,
      project_id: 'p',
      event: 'task.completed',
      task_id: 't',
      body: `body of ${delivery_id}`,
      attempts: 0,
      due_at: now,
      created_at: now,
    };
    return outbox.add([delivery]);
  };
  /** Lets everything that is due be done. */
  const flush = async () => {
    while ((await sender.tick()) > 0) await sender.idle();
  };
  const sentIds = () => client.sent.map(({ id }) => id);
  return { clock, store, outbox, client, sender, another, add, flush, sentIds };
};

test('sends what is due, oldest first, and records the result', async () => {
  const { add, sender, client, outbox, clock } = await sending();
  await add('a');
  clock.advance(5);
  await add('b');
  assert.is(await sender.tick(), 1);
  await sender.idle();
  assert.equal(sender.take(), { delivered: 2, retrying: 0, failed: 0, latest_ms: 5 });
  assert.equal(client.sent[0], {
    url: 'https://w0.test/',
    id: 'a',
    timestamp: Math.floor(clock.now() / 1000),
    body: 'body of a',
    secrets: ['secret of w0'],
  });
  const last = (await outbox.last(['w0'])).get('w0');
  assert.equal([last?.outcome, last?.status_code, last?.attempts, last?.task_id], ['delivered', 204, 1, 't']);
  assert.is(await sender.tick(), 0);
  assert.equal(sender.take(), { delivered: 0, retrying: 0, failed: 0, latest_ms: 0 });
});

test('tries again after growing waits, then gives up', async () => {
  const { add, flush, client, outbox, clock } = await sending(() => ({ kind: 'answered', status: 500 }));
  await add('a');
  for (const [index, delay] of RETRY_DELAYS_MS.entries()) {
    await flush();
    assert.is(client.sent.length, index + 1);
    const last = (await outbox.last(['w0'])).get('w0');
    assert.equal(
      [last?.outcome, last?.attempts, last?.next_attempt_at],
      ['retrying', index + 1, new Date(clock.now() + delay).toISOString()],
    );
    clock.advance(delay - 1);
    await flush();
    assert.is(client.sent.length, index + 1);
    clock.advance(1);
  }
  await flush();
  assert.is(client.sent.length, RETRY_DELAYS_MS.length + 1);
  const last = (await outbox.last(['w0'])).get('w0');
  assert.equal([last?.outcome, last?.status_code, last?.next_attempt_at], ['failed', 500, undefined]);
  clock.advance(DAY);
  await flush();
  assert.is(client.sent.length, RETRY_DELAYS_MS.length + 1);
});

test('delivers at last where the receiver comes back', async () => {
  let isUp = false;
  const { add, flush, client, outbox, clock } = await sending(() =>
    isUp ? { kind: 'answered', status: 200 } : { kind: 'unreached', reason: 'the connection was refused' },
  );
  await add('a');
  await flush();
  const last = (await outbox.last(['w0'])).get('w0');
  assert.equal([last?.outcome, last?.error], ['retrying', 'the connection was refused']);
  isUp = true;
  clock.advance(RETRY_DELAYS_MS[0] ?? 0);
  await flush();
  assert.is(client.sent.length, 2);
  assert.is((await outbox.last(['w0'])).get('w0')?.outcome, 'delivered');
});

test('waits as long as the receiver asks to', async () => {
  const { add, flush, client, clock } = await sending(() => ({
    kind: 'answered',
    status: 429,
    retry_after: '60',
  }));
  await add('a');
  await flush();
  clock.advance(59_999);
  await flush();
  assert.is(client.sent.length, 1);
  clock.advance(1);
  await flush();
  assert.is(client.sent.length, 2);
});

test('switches a webhook off that is gone, and drops what was on its way', async () => {
  const { add, flush, client, store, outbox } = await sending(() => ({ kind: 'answered', status: 410 }));
  await add('a');
  await flush();
  assert.is((await store.find('p'))?.webhooks[0]?.active, false);
  await add('b');
  await flush();
  assert.is(client.sent.length, 1);
  assert.equal(await outbox.pending('w0', 10), []);
  const last = (await outbox.last(['w0'])).get('w0');
  assert.equal([last?.outcome, last?.status_code], ['failed', 410]);
});

test('drops what is for a webhook that was removed', async () => {
  const { add, flush, client, store, outbox } = await sending();
  await add('a');
  await store.remove('p');
  await flush();
  assert.is(client.sent.length, 0);
  assert.equal(await outbox.pending('w0', 10), []);
});

test('signs with both secrets for a day after a change of them', async () => {
  const { add, flush, client, store, clock } = await sending();
  const kept = await store.find('p');
  if (kept === undefined) throw new Error('the webhooks are gone');
  const webhooks = kept.webhooks.flatMap((webhook) => rotateSecret(webhook, 'new', clock.now()) ?? []);
  await store.save({ ...kept, webhooks, version: 2 });
  await add('a');
  await flush();
  clock.advance(ROTATION_MS);
  await add('b');
  await flush();
  assert.equal(
    client.sent.map(({ secrets }) => secrets),
    [['new', 'secret of w0'], ['new']],
  );
});

test('sends each once, however many senders there are', async () => {
  const { add, another, sentIds } = await sending(undefined, { webhooks: 5 });
  const ids = Array.from({ length: 100 }, (_, index) => `d${index}`);
  for (const [index, id] of ids.entries()) await add(id, `w${index % 5}`);
  const senders = [await another(), await another(), await another()];
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(senders.map((one) => one.tick()));
    await Promise.all(senders.map((one) => one.idle()));
  }
  assert.equal(sentIds().toSorted(), ids.toSorted());
});

test('does not delay others for a slow receiver', async () => {
  const slow: (() => void)[] = [];
  const { add, sender, sentIds } = await sending(
    ({ url }) =>
      url === 'https://w0.test/'
        ? new Promise((resolve) => slow.push(() => resolve({ kind: 'answered', status: 200 })))
        : { kind: 'answered', status: 200 },
    { webhooks: 2 },
  );
  for (let index = 0; index < 50; index += 1) await add(`slow${index}`);
  await sender.tick();
  await add('quick', 'w1');
  await sender.tick();
  while (!sentIds().includes('quick')) await Promise.resolve();
  const underWay = sentIds().filter((id) => id.startsWith('slow'));
  assert.ok(underWay.length > 0 && underWay.length < 10, `${underWay.length} at once`);
  const done = sender.idle();
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    for (const answer of slow.splice(0)) answer();
    await Promise.resolve();
  }
});

test('pauses for a receiver that it could not reach, whatever else is due', async () => {
  const { add, flush, client, clock } = await sending(() => ({ kind: 'unreached', reason: 'x' }));
  for (let index = 0; index < 50; index += 1) await add(`d${index}`);
  await flush();
  const first = client.sent.length;
  assert.ok(first <= 4, `${first} attempts`);
  await add('more');
  await flush();
  assert.is(client.sent.length, first);
  clock.advance(REST_MS);
  await flush();
  assert.ok(client.sent.length > first && client.sent.length <= 2 * first);
});

test('gives every webhook its turn', async () => {
  const { add, flush, sentIds } = await sending(undefined, { webhooks: 2 });
  for (let index = 0; index < 60; index += 1) await add(`many${index}`);
  await add('one', 'w1');
  await flush();
  assert.is(sentIds().length, 61);
  assert.ok(sentIds().indexOf('one') < 30);
});

test('goes on where another died with a queue in its hands', async () => {
  const { add, another, outbox, clock, sentIds } = await sending();
  await add('a');
  assert.ok(await outbox.claim('w0', LEASE_MS));
  const sender = await another();
  assert.is(await sender.tick(), 0);
  clock.advance(LEASE_MS);
  assert.is(await sender.tick(), 1);
  await sender.idle();
  assert.equal(sentIds(), ['a']);
});

test.run();
