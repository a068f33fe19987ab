import { randomUUID } from 'node:crypto';
import {
  type Clock,
  type Delivery,
  KNOWN_MS,
  type LastDelivery,
  type Outbox,
  type OutboxQueues,
} from 'miyabi-progress/ports';
import type { Database } from './database.ts';

const keyOf = ({ webhook_id, delivery_id }: Delivery): string => `${webhook_id}/${delivery_id}`;

export const postgresOutbox = (
  { query, together, table }: Database,
  { clock }: Readonly<{ clock: Clock }>,
): Outbox & OutboxQueues => {
  const deliveries = table('deliveries');
  const queues = table('queues');

  return {
    async add(added) {
      const now = clock.now();
      // Always in the same order, so that two processes do not wait for each other's rows.
      const ordered = [...added].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      if (ordered.length === 0) return;
      await together(async (run) => {
        for (const delivery of ordered) {
          const { webhook_id, delivery_id, project_id, due_at } = delivery;
          await run(
            `INSERT INTO ${deliveries} AS old (webhook_id, delivery_id, due_at, doc) VALUES ($1, $2, $3, $4)
             ON CONFLICT (webhook_id, delivery_id) DO UPDATE
               SET due_at = excluded.due_at, doc = excluded.doc, ended_until = NULL WHERE old.ended_until <= $5`,
            [webhook_id, delivery_id, due_at, JSON.stringify(delivery), now],
          );
          await run(
            `INSERT INTO ${queues} AS old (webhook_id, project_id, due_at, rest_until, woken)
             VALUES ($1, $2, $3, 0, true)
             ON CONFLICT (webhook_id) DO UPDATE SET woken = true, due_at = GREATEST($3, old.rest_until)`,
            [webhook_id, project_id, now],
          );
        }
      });
    },

    async pending(webhookId, limit) {
      const rows = await query<{ doc: string }>(
        `SELECT doc FROM ${deliveries} WHERE webhook_id = $1 AND ended_until IS NULL ORDER BY due_at LIMIT $2`,
        [webhookId, limit],
      );
      return rows.map(({ doc }): Delivery => JSON.parse(doc));
    },

    async reschedule(delivery, attempts, dueAt) {
      await query(
        `UPDATE ${deliveries} SET due_at = $3, doc = $4
         WHERE webhook_id = $1 AND delivery_id = $2 AND ended_until IS NULL`,
        [
          delivery.webhook_id,
          delivery.delivery_id,
          dueAt,
          JSON.stringify({ ...delivery, attempts, due_at: dueAt }),
        ],
      );
    },

    async end({ webhook_id, delivery_id, due_at }) {
      await query(
        `INSERT INTO ${deliveries} (webhook_id, delivery_id, due_at, ended_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (webhook_id, delivery_id) DO UPDATE SET ended_until = excluded.ended_until, doc = NULL`,
        [webhook_id, delivery_id, due_at, clock.now() + KNOWN_MS],
      );
    },

    async due(limit) {
      const rows = await query<{ webhook_id: string }>(
        `SELECT webhook_id FROM ${queues}
         WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY due_at LIMIT $2`,
        [clock.now(), limit],
      );
      return rows.map(({ webhook_id }) => webhook_id);
    },

    async claim(webhookId, leaseMs) {
      const token = randomUUID();
      const now = clock.now();
      // It is due again when the lease ends, in case its holder dies.
      const [row] = await query<{ project_id: string }>(
        `UPDATE ${queues} SET lease_token = $2, lease_until = $3, due_at = $3, woken = false
         WHERE webhook_id = $1 AND due_at <= $4 AND (lease_until IS NULL OR lease_until <= $4) RETURNING project_id`,
        [webhookId, token, now + leaseMs, now],
      );
      return row === undefined ? undefined : { webhook_id: webhookId, project_id: row.project_id, token };
    },

    async release({ webhook_id, token }, { dueAt, restUntil = 0, last }) {
      await query(
        `UPDATE ${queues} SET lease_token = NULL, lease_until = NULL, rest_until = $3, last = COALESCE($4, last),
           due_at = CASE WHEN woken THEN GREATEST($5::bigint, $3)
                         WHEN $6::bigint IS NULL THEN NULL
                         ELSE GREATEST($6, $3) END
         WHERE webhook_id = $1 AND lease_token = $2`,
        [
          webhook_id,
          token,
          restUntil,
          last === undefined ? null : JSON.stringify(last),
          clock.now(),
          dueAt ?? null,
        ],
      );
    },

    async last(webhookIds) {
      const rows = await query<{ webhook_id: string; last: string }>(
        `SELECT webhook_id, last FROM ${queues} WHERE webhook_id = ANY($1) AND last IS NOT NULL`,
        [webhookIds],
      );
      return new Map(
        rows.map(({ webhook_id, last }): [string, LastDelivery] => [webhook_id, JSON.parse(last)]),
      );
    },
  };
};
