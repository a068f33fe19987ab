import type { ProjectWebhooks, Webhook } from '../domain/webhooks/webhook.ts';
import type { WebhookStore } from '../ports/webhook-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

const AT = '2026-11-24T00:00:00.000Z';

const aWebhook = (webhook_id: string, changes: Partial<Webhook> = {}): Webhook => ({
  webhook_id,
  project_id: 'p',
  url: 'https://example.org/hook?a=b&c=ü',
  events: ['task.completed', 'task.stale'],
  active: true,
  secret: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
  version: 1,
  created_at: AT,
  updated_at: AT,
  ...changes,
});

const someWebhooks = (changes: Partial<ProjectWebhooks> = {}): ProjectWebhooks => ({
  project_id: 'p',
  project_created_at: AT,
  version: 1,
  webhooks: [
    aWebhook('b'),
    aWebhook('a', {
      active: false,
      events: ['task.failed'],
      format: 'slack',
      previous_secret: 'whsec_b2xk',
      previous_until: AT,
      version: 7,
    }),
  ],
  ...changes,
});

/** What every store of webhooks promises. */
export const webhookStoreContract = (runner: Runner, adapter: string, open: Open<WebhookStore>): void =>
  runner.describe(`WebhookStore: ${adapter}`, () => {
    const { test } = runner;

    test(
      'keeps fields that it does not know, apart from those that it knows',
      using(open, async (store) => {
        const unknown = { '': { later: { S: 'x' } } };
        const webhooks = someWebhooks({ unknown, webhooks: [aWebhook('a', { unknown }), aWebhook('b')] });
        await store.save(webhooks);
        assert.equal(await store.find('p'), webhooks);
      }),
    );

    test(
      'returns every field as it was saved, in its order, and nothing of other projects',
      using(open, async (store) => {
        assert.is(await store.find('p'), undefined);
        await store.save(someWebhooks());
        assert.equal(await store.find('p'), someWebhooks());
        assert.is(await store.find('q'), undefined);
        await store.save(someWebhooks({ version: 2, webhooks: [] }));
        assert.equal(await store.find('p'), someWebhooks({ version: 2, webhooks: [] }));
      }),
    );

    test(
      'refuses a save that lost the race',
      using(open, async (store) => {
        await store.save(someWebhooks());
        await assert.rejects(store.save(someWebhooks()), 'already_exists');
        await assert.rejects(store.save(someWebhooks({ version: 3 })), 'version_conflict');
        const saves = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) =>
            store.save(someWebhooks({ version: 2, webhooks: [aWebhook(`w${index}`)] })),
          ),
        );
        const saved = saves.flatMap(({ status }, index) => (status === 'fulfilled' ? [`w${index}`] : []));
        assert.is(saved.length, 1);
        assert.equal(
          (await store.find('p'))?.webhooks.map(({ webhook_id }) => webhook_id),
          saved,
        );
      }),
    );

    test(
      'removes the webhooks of a project, and starts again',
      using(open, async (store) => {
        await store.remove('p');
        await store.save(someWebhooks());
        await store.save(someWebhooks({ project_id: 'q', webhooks: [] }));
        await store.remove('p');
        assert.is(await store.find('p'), undefined);
        assert.ok(await store.find('q'));
        await assert.rejects(store.save(someWebhooks({ version: 2 })), 'version_conflict');
        await store.save(someWebhooks());
      }),
    );
  });
