import * as assert from 'uvu/assert';
import { memoryWebhookClient } from '../../src/adapters/memory/webhook-client.ts';
import type { LineStore } from '../../src/ports/line-store.ts';
import { withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('Webhooks of failed tasks');

const AT = Date.UTC(2026, 10, 23, 12);
const LINES = [
  'Building 1/4',
  'compiling',
  '\u001b[31mError: disk is full\u001b[0m',
  '{"task_id":"build-1","status":"failed"}',
];

/** Posts a build that fails, lets its webhook be sent, and gives what was sent. */
const sentFor = async (
  overrides: Parameters<typeof withApi>[3] = {},
  more: object = {},
): Promise<readonly string[]> => {
  const client = memoryWebhookClient();
  let bodies: readonly string[] = [];
  await withApi(
    async ({ call, webhookSender }) => {
      const project = { project_id: 'shop', project_name: 'Shop' };
      assert.is((await call('POST', '/api/projects', project)).status, 201);
      const hook = { url: 'https://example.org/hook', events: ['task.failed'], ...more };
      assert.is((await call('POST', '/api/projects/shop/webhooks', hook)).status, 201);
      const events = LINES.map((message, n) => ({ timestamp: AT + n, message }));
      const place = { project_id: 'shop', log_group: '/miyabi/run', log_stream: 'task-build-1' };
      assert.is((await call('POST', '/api/logs', { ...place, events })).status, 200);
      await webhookSender.tick();
      await webhookSender.idle();
      bodies = client.sent.map(({ body }) => body);
    },
    {},
    {},
    { webhookClient: client, ...overrides },
  )();
  return bodies;
};

test('take the cause and the lines around it along, without colours', async () => {
  const [body = ''] = await sentFor();
  const { data } = JSON.parse(body);
  assert.is(data.status, 'failed');
  assert.equal(data.failure.lines, [
    'Building 1/4',
    'compiling',
    'Error: disk is full',
    '{"task_id":"build-1","status":"failed"}',
  ]);
  assert.is(data.failure.message, 'Error: disk is full');
});

test('are written for the chat that the webhook is for, with cause and lines', async () => {
  const [body = ''] = await sentFor({}, { format: 'slack' });
  const { text, blocks } = JSON.parse(body);
  assert.match(text, 'failed: Error: disk is full');
  assert.match(JSON.stringify(blocks), 'compiling\\nError: disk is full');
});

const broken = (find: LineStore['find']): LineStore => ({
  find,
  chunks: async () => [],
  write: async () => undefined,
  remove: async () => undefined,
});

test('go out without them where they cannot be read, or not soon', async () => {
  const failing = broken(async () => {
    throw new Error('away');
  });
  // The first call is that of the post.
  let calls = 0;
  const never = broken(async () => {
    calls += 1;
    return calls === 1 ? undefined : new Promise(() => undefined);
  });
  const soon = async (_ms: number) => undefined;
  for (const overrides of [{ lineStore: failing }, { lineStore: never, sleep: soon }]) {
    const [body = ''] = await sentFor(overrides);
    assert.is(JSON.parse(body).data.failure, undefined);
    assert.is(JSON.parse(body).type, 'task.failed');
  }
});

test.run();
