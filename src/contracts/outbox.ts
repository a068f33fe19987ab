import type { memoryClock } from '../adapters/memory/clock.ts';
import type { Delivery, LastDelivery } from '../domain/webhooks/delivery.ts';
import { KNOWN_MS, type Outbox, type OutboxQueues } from '../ports/outbox.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

export type OpenedOutbox = Readonly<{ outbox: Outbox & OutboxQueues; clock: ReturnType<typeof memoryClock> }>;

const LEASE = 60_000;
/** Longer than the time after which any backend looks again for missed deliveries. */
const LONG = 10 * 60_000;

/** What every outbox promises. */
export const outboxContract = (runner: Runner, adapter: string, open: Open<OpenedOutbox>): void =>
  runner.describe(`Outbox: ${adapter}`, () => {
    const { test } = runner;
    const withOutbox = (run: (opened: OpenedOutbox) => unknown) => using(open, run);

    const aDelivery = (
      { clock }: OpenedOutbox,
      delivery_id: string,
      changes: Partial<Delivery> = {},
    ): Delivery => ({
      delivery_id,
      webhook_id: 'w',
      project_id: 'p',
      event: 'task.completed',
      task_id: 't',
      body: '{"type":"task.completed","data":"ü ✅"}',
      attempts: 0,
      due_at: clock.now(),
      created_at: clock.now(),
      ...changes,
    });
    const idsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ delivery_id }) => delivery_id);

    test(
      'gives what was added with every field, those due first foremost, by webhook',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        const { task_id: _task, ...bare } = aDelivery(opened, 'bare', { due_at: clock.now() + 1 });
        const deliveries = [
          aDelivery(opened, 'late', { due_at: clock.now() + 1000, attempts: 3, event: 'webhook.test' }),
          bare,
          aDelivery(opened, 'now'),
          aDelivery(opened, 'other', { webhook_id: 'v' }),
        ];
        assert.equal(await outbox.due(10), []);
        await outbox.add([]);
        await outbox.add(deliveries);
        assert.equal(await outbox.pending('w', 10), [deliveries[2], deliveries[1], deliveries[0]]);
        assert.equal(idsOf(await outbox.pending('w', 2)), ['now', 'bare']);
        assert.equal(idsOf(await outbox.pending('v', 10)), ['other']);
        assert.equal([...(await outbox.due(10))].sort(), ['v', 'w']);
        assert.is((await outbox.due(1)).length, 1);
      }),
    );

    test(
      'takes one in once: not again while it waits, nor for a time after it ended',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        const first = aDelivery(opened, 'd');
        await outbox.add([first]);
        await outbox.reschedule(first, 1, clock.now() + 5000);
        await outbox.add([aDelivery(opened, 'd', { body: 'another' })]);
        const waiting = { ...first, attempts: 1, due_at: clock.now() + 5000 };
        assert.equal(await outbox.pending('w', 10), [waiting]);
        await outbox.end(waiting);
        assert.equal(await outbox.pending('w', 10), []);
        clock.advance(KNOWN_MS - LONG);
        await outbox.add([first]);
        assert.equal(await outbox.pending('w', 10), []);
        await outbox.reschedule(first, 2, clock.now());
        await outbox.end(first);
        assert.equal(await outbox.pending('w', 10), []);
      }),
    );

    test(
      'finds every delivery, however many have ended before them',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        const many = Array.from({ length: 30 }, (_, index) =>
          aDelivery(opened, `d${String(index).padStart(2, '0')}`, { due_at: clock.now() + index }),
        );
        await outbox.add(many);
        for (const delivery of many.slice(0, 25)) await outbox.end(delivery);
        assert.equal(idsOf(await outbox.pending('w', 3)), ['d25', 'd26', 'd27']);
      }),
    );

    test(
      'lets one at a time hold a queue, until it is given back or the lease is over',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        assert.is(await outbox.claim('w', LEASE), undefined);
        await outbox.add([aDelivery(opened, 'd')]);
        const claims = await Promise.all(Array.from({ length: 8 }, () => outbox.claim('w', LEASE)));
        const [held, ...others] = claims.filter((claim) => claim !== undefined);
        assert.ok(held);
        assert.equal(others, []);
        assert.equal([held?.webhook_id, held?.project_id], ['w', 'p']);
        assert.equal(await outbox.due(10), []);
        clock.advance(LEASE - 1);
        assert.is(await outbox.claim('w', LEASE), undefined);
        clock.advance(1);
        assert.equal(await outbox.due(10), ['w']);
        const next = await outbox.claim('w', LEASE);
        assert.ok(next);
        // The previous holder can no longer change it.
        if (held !== undefined) await outbox.release(held, { dueAt: clock.now(), last: aResult('old') });
        assert.is(await outbox.claim('w', LEASE), undefined);
        assert.equal(await outbox.last(['w']), new Map());
        if (next !== undefined) await outbox.release(next, { dueAt: clock.now() });
        assert.ok(await outbox.claim('w', LEASE));
      }),
    );

    test(
      'makes a queue due again when it is said to be, and when something is added',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        await outbox.add([aDelivery(opened, 'd')]);
        clock.advance(LONG);
        const first = await outbox.claim('w', LEASE);
        if (first !== undefined) await outbox.release(first, { dueAt: clock.now() + 5000 });
        assert.equal(await outbox.due(10), []);
        clock.advance(5000);
        assert.equal(await outbox.due(10), ['w']);
        const second = await outbox.claim('w', LEASE);
        if (second !== undefined) await outbox.release(second, {});
        clock.advance(LONG);
        assert.equal(await outbox.due(10), []);
        await outbox.add([aDelivery(opened, 'e')]);
        assert.equal(await outbox.due(10), ['w']);
      }),
    );

    test(
      'makes a queue due again for a known delivery, so that a crashed caller can repeat the call',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        const delivery = aDelivery(opened, 'd');
        await outbox.add([delivery]);
        clock.advance(LONG);
        const claim = await outbox.claim('w', LEASE);
        if (claim !== undefined) await outbox.release(claim, {});
        assert.equal(await outbox.due(10), []);
        await outbox.add([delivery]);
        assert.equal(await outbox.due(10), ['w']);
        assert.equal(await outbox.pending('w', 10), [delivery]);
      }),
    );

    test(
      'does not forget what is added while a queue is held',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        await outbox.add([aDelivery(opened, 'd')]);
        clock.advance(LONG);
        const held = await outbox.claim('w', LEASE);
        await outbox.add([aDelivery(opened, 'e')]);
        assert.is(await outbox.claim('w', LEASE), undefined);
        if (held !== undefined) await outbox.release(held, { last: aResult('d') });
        assert.equal(await outbox.due(10), ['w']);
        assert.equal((await outbox.last(['w'])).get('w'), aResult('d'));
      }),
    );

    test(
      'lets a queue rest even if deliveries are added',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        await outbox.add([aDelivery(opened, 'd')]);
        const held = await outbox.claim('w', LEASE);
        await outbox.add([aDelivery(opened, 'e')]);
        const rest = clock.now() + 5000;
        if (held !== undefined) await outbox.release(held, { dueAt: clock.now(), restUntil: rest });
        await outbox.add([aDelivery(opened, 'f')]);
        assert.equal(await outbox.due(10), []);
        assert.is(await outbox.claim('w', LEASE), undefined);
        clock.advance(5000);
        assert.equal(await outbox.due(10), ['w']);
        assert.is((await outbox.pending('w', 10)).length, 3);
      }),
    );

    test(
      'gives the latest result of each webhook, with every field',
      withOutbox(async (opened) => {
        const { outbox, clock } = opened;
        await outbox.add([aDelivery(opened, 'd'), aDelivery(opened, 'e', { webhook_id: 'v' })]);
        const results = { w: aResult('d'), v: aFailure('e') };
        for (const [webhookId, last] of Object.entries(results)) {
          const claim = await outbox.claim(webhookId, LEASE);
          if (claim !== undefined) await outbox.release(claim, { dueAt: clock.now(), last });
        }
        const again = await outbox.claim('w', LEASE);
        if (again !== undefined) await outbox.release(again, {});
        assert.equal(await outbox.last(['w', 'v', 'no-one', 'w']), new Map(Object.entries(results)));
        assert.equal(await outbox.last([]), new Map());
      }),
    );
  });

const AT = '2026-11-24T00:00:00.000Z';

const aResult = (delivery_id: string): LastDelivery => ({
  delivery_id,
  event: 'webhook.test',
  attempts: 1,
  at: AT,
  outcome: 'delivered',
  status_code: 204,
});

const aFailure = (delivery_id: string): LastDelivery => ({
  delivery_id,
  event: 'task.stale',
  task_id: 't',
  attempts: 2,
  at: AT,
  outcome: 'retrying',
  error: 'the connection was refused',
  next_attempt_at: AT,
});
