import { MiyabiError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { fromIso } from '../../domain/time.ts';
import type { Archive, ArchiveEntry } from '../../ports/archive.ts';
import { isLasting } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  checkpointCodec,
  deliveryCodec,
  pointCodec,
  projectCodec,
  queueCodec,
  taskCodec,
  webhooksCodec,
} from './codecs.ts';
import type { Change, Database } from './database.ts';
import { dayAfter, daySegment, KEPT_MS, keyOf, segmentsOf, timeSegment, under } from './keys.ts';
import { deliveryKey, dueKey, pendingKey, queueKey } from './outbox-keys.ts';
import { DamagedRecord, fromRecord, toRecord } from './record.ts';
import { factsIn, putTask } from './task-store.ts';

/** Records read at a time. */
const STEP = 500;

/** Everything in the store, record by record, without index rows, which follow from the records. */
export const embeddedArchive = ({
  database,
  clock,
}: Readonly<{ database: Database; clock: Clock }>): Archive => {
  async function* recordsOf(
    kind: string,
  ): AsyncGenerator<readonly [segments: readonly string[], value: string]> {
    const { lt } = under(kind);
    let { gt } = under(kind);
    for (;;) {
      const entries = await database.view((view) => view.entries({ gt, lt, limit: STEP }));
      for (const [key, value] of entries) yield [segmentsOf(key), value];
      if (entries.length < STEP) return;
      gt = entries.at(-1)?.[0] ?? gt;
    }
  }

  /** Records that a key expires on a day. */
  const expiring = (change: Change, kind: string, key: string, day: number): void =>
    change.put(keyOf('x', daySegment(day), kind, key), '');

  const queueOf = (change: Change, webhook_id: string, project_id: string) => {
    const value = change.get(queueKey(webhook_id));
    if (value !== undefined) return queueCodec.decode(webhook_id, value);
    const expires_on = dayAfter(clock.now() + KEPT_MS);
    expiring(change, 'q', webhook_id, expires_on);
    return { webhook_id, project_id, rest_until: 0, woken: false, expires_on };
  };

  const put = (change: Change, entry: ArchiveEntry): void => {
    const now = clock.now();
    switch (entry.kind) {
      case 'task': {
        const before = factsIn(change, entry.task.task_id);
        if (before === undefined || before.version < entry.task.version) putTask(change, entry.task, before);
        return;
      }
      case 'point': {
        const key = keyOf('h', entry.task_id, timeSegment(fromIso(entry.point.timestamp)));
        if (change.get(key) !== undefined) return;
        const day = dayAfter(now + KEPT_MS);
        change.put(key, pointCodec.encode({ ...entry.point, day }));
        expiring(change, 'h', entry.task_id, day);
        return;
      }
      case 'project': {
        const { project_id, version } = entry.project;
        const value = change.get(keyOf('j', project_id));
        if (value !== undefined && projectCodec.decode(project_id, value).version >= version) return;
        change.put(keyOf('j', project_id), projectCodec.encode(entry.project));
        return;
      }
      case 'webhooks': {
        const { project_id, version } = entry.webhooks;
        const value = change.get(keyOf('w', project_id));
        if (value !== undefined && webhooksCodec.decode(project_id, value).version >= version) return;
        change.put(keyOf('w', project_id), webhooksCodec.encode(entry.webhooks));
        return;
      }
      case 'checkpoint': {
        const { key, value, version } = entry;
        const head = change.get(keyOf('c', key));
        if (head !== undefined && checkpointCodec.decode(key, head).version >= version) return;
        const expires_on = isLasting(key) ? 0 : dayAfter(now + KEPT_MS);
        if (expires_on !== 0) expiring(change, 'c', key, expires_on);
        change.put(keyOf('c', key), checkpointCodec.encode({ version, expires_on }));
        change.put(keyOf('v', key), toRecord(value));
        return;
      }
      case 'delivery': {
        const { delivery } = entry;
        if (change.get(deliveryKey(delivery)) !== undefined) return;
        change.put(deliveryKey(delivery), deliveryCodec.encode({ delivery }));
        change.put(pendingKey(delivery), '');
        const { webhook_id } = delivery;
        const queue = queueOf(change, webhook_id, delivery.project_id);
        if (queue.due_at !== undefined) change.remove(dueKey(queue.due_at, webhook_id));
        change.put(dueKey(now, webhook_id), '');
        change.put(queueKey(webhook_id), queueCodec.encode({ ...queue, woken: true, due_at: now }));
        return;
      }
      case 'ended': {
        if (entry.until <= now || change.get(deliveryKey(entry)) !== undefined) return;
        change.put(deliveryKey(entry), deliveryCodec.encode({ ended_until: entry.until }));
        expiring(change, 'd', keyOf(entry.webhook_id, entry.delivery_id), dayAfter(entry.until));
        return;
      }
      case 'result': {
        const queue = queueOf(change, entry.webhook_id, entry.project_id);
        if (queue.last !== undefined && queue.last.at >= entry.last.at) return;
        change.put(queueKey(entry.webhook_id), queueCodec.encode({ ...queue, last: entry.last }));
        return;
      }
      default:
        throw new Error(`An entry of no kind: ${JSON.stringify(entry satisfies never)}`);
    }
  };

  return {
    async *entries() {
      for await (const [[, id = ''], value] of recordsOf('j')) {
        const { unknown: _unknown, ...project } = projectCodec.decode(id, value);
        yield { kind: 'project', project };
      }
      for await (const [[, id = ''], value] of recordsOf('w')) {
        const { unknown: _unknown, ...webhooks } = webhooksCodec.decode(id, value);
        yield { kind: 'webhooks', webhooks };
      }
      for await (const [[, id = ''], value] of recordsOf('t')) {
        const { unknown: _unknown, ...task } = taskCodec.decode(id, value);
        yield { kind: 'task', task };
      }
      for await (const [[, task_id = ''], value] of recordsOf('h')) {
        const { day: _day, ...point } = pointCodec.decode(task_id, value);
        yield { kind: 'point', task_id, point };
      }
      for await (const [[, key = ''], head] of recordsOf('c')) {
        const { version } = checkpointCodec.decode(key, head);
        const value = await database.get(keyOf('v', key));
        if (value === undefined)
          throw database.damaged(new DamagedRecord(`Checkpoint ${key}`, 'its value is missing'));
        // `fromRecord` parses JSON, so its result is JSON.
        yield { kind: 'checkpoint', key, value: fromRecord(`Checkpoint ${key}`, value) as Json, version };
      }
      for await (const [[, webhook_id = '', delivery_id = ''], value] of recordsOf('d')) {
        const { delivery, ended_until } = deliveryCodec.decode(delivery_id, value);
        if (delivery !== undefined) yield { kind: 'delivery', delivery };
        else if (ended_until !== undefined)
          yield { kind: 'ended', webhook_id, delivery_id, until: ended_until };
      }
      for await (const [[, webhook_id = ''], value] of recordsOf('q')) {
        const { last, project_id } = queueCodec.decode(webhook_id, value);
        if (last !== undefined) yield { kind: 'result', webhook_id, project_id, last };
      }
    },

    async restore(entries) {
      for (const entry of entries) requireReadable(entry);
      await database.write((change) => {
        for (const entry of entries) put(change, entry);
      });
    },
  };
};

/**
 * A record that could not be read again is not written: it would count as damage. @throws MiyabiError `invalid_input`
 */
const requireReadable = (entry: ArchiveEntry): void => {
  try {
    if (entry.kind === 'task') taskCodec.decode(entry.task.task_id, taskCodec.encode(entry.task));
    else if (entry.kind === 'point')
      pointCodec.decode(entry.task_id, pointCodec.encode({ ...entry.point, day: 0 }));
    else if (entry.kind === 'project')
      projectCodec.decode(entry.project.project_id, projectCodec.encode(entry.project));
    else if (entry.kind === 'webhooks')
      webhooksCodec.decode(entry.webhooks.project_id, webhooksCodec.encode(entry.webhooks));
    else if (entry.kind === 'delivery')
      deliveryCodec.decode(entry.delivery.delivery_id, deliveryCodec.encode({ delivery: entry.delivery }));
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    throw new MiyabiError('invalid_input', `A record cannot be restored. ${error.message}`, { cause: error });
  }
};
