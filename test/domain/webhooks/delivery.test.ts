import * as assert from 'uvu/assert';
import {
  type Answer,
  deliveryIdOf,
  MAX_RETRY_AFTER_MS,
  RETRY_DELAYS_MS,
  retryAfterMs,
  verdictOf,
} from '../../../src/domain/webhooks/delivery.ts';
import { suite } from '../../support/suite.ts';

const NOW = Date.UTC(2026, 10, 24);
const answered = (status: number, retry_after?: string): Answer => ({
  kind: 'answered',
  status,
  ...(retry_after === undefined ? {} : { retry_after }),
});

const test = suite('Deliveries');

test('are over with 2xx, gone with 410, and tried again after everything else', () => {
  for (const status of [200, 201, 204, 299])
    assert.equal(verdictOf(answered(status), 1, NOW, 0.5), { kind: 'delivered' });
  assert.equal(verdictOf(answered(410), 1, NOW, 0.5), { kind: 'gone' });
  for (const status of [100, 199, 300, 301, 302, 400, 401, 404, 429, 500, 503])
    assert.is(verdictOf(answered(status), 1, NOW, 0.5).kind, 'retry', String(status));
  assert.is(verdictOf({ kind: 'unreached', reason: 'x' }, 1, NOW, 0.5).kind, 'retry');
});

test('are tried for about a day, then given up', () => {
  const total = RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay, 0);
  assert.ok(total > 20 * 3_600_000 && total < 28 * 3_600_000);
  RETRY_DELAYS_MS.forEach((delay, index) => {
    for (const [random, factor] of [
      [0, 0.8],
      [0.5, 1],
    ] as const) {
      assert.equal(verdictOf(answered(500), index + 1, NOW, random), {
        kind: 'retry',
        due_at: NOW + Math.round(delay * factor),
      });
    }
  });
  assert.equal(verdictOf(answered(500), RETRY_DELAYS_MS.length + 1, NOW, 0), { kind: 'failed' });
  assert.equal(verdictOf(answered(204), RETRY_DELAYS_MS.length + 1, NOW, 0), { kind: 'delivered' });
});

test('wait as long as a receiver asks to, within bounds', () => {
  const due = (answer: Answer) => {
    const verdict = verdictOf(answer, 1, NOW, 0.5);
    return verdict.kind === 'retry' ? verdict.due_at - NOW : undefined;
  };
  assert.is(due(answered(429, '120')), 120_000);
  assert.is(due(answered(503, new Date(NOW + 90_000).toUTCString())), 90_000);
  assert.is(due(answered(503, '1')), 5_000);
  assert.is(due(answered(500, '120')), 5_000);
  assert.is(due(answered(429, '999999')), MAX_RETRY_AFTER_MS);
  assert.is(due(answered(429, new Date(NOW - 90_000).toUTCString())), 5_000);
  for (const nonsense of [undefined, '', 'soon', '-5', '1e9999']) assert.is(retryAfterMs(nonsense, NOW), 0);
});

test('have one id for one event of a task and a webhook, and another for any other', () => {
  const event = {
    type: 'task.completed',
    project_id: 'p',
    version: 2,
    at: '2026-11-24T00:00:00.000Z',
  } as const;
  const ids = [
    deliveryIdOf('w', 't', event),
    deliveryIdOf('v', 't', event),
    deliveryIdOf('w', 'u', event),
    deliveryIdOf('w', 't', { ...event, version: 3 }),
    deliveryIdOf('w', 't', { ...event, type: 'task.stale' }),
    deliveryIdOf('w', 't', { ...event, at: '2026-11-24T00:00:00.001Z' }),
  ];
  assert.is(new Set(ids).size, ids.length);
  assert.is(deliveryIdOf('w', 't', { ...event }), ids[0]);
  for (const id of ids) assert.match(id, /^msg_[a-z0-9]+_\d+$/);
});

test.run();
