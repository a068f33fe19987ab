import type { ClassicLevel } from 'classic-level';
import { isAccounted } from '../../domain/tasks/events.ts';
import {
  checkpointCodec,
  deliveryCodec,
  keyCodec,
  lineIndexCodec,
  pointCodec,
  projectCodec,
  queueCodec,
  taskCodec,
  webhooksCodec,
} from './codecs.ts';
import { keyOf, placesOf, segmentsOf, unaccountedKey, under } from './keys.ts';
import { dueKey, pendingKey } from './outbox-keys.ts';
import { DamagedRecord, fromRecord } from './record.ts';

/** What a check has found and repaired. `damaged` are unreadable records, which were removed. */
export type CheckReport = Readonly<{
  records: number;
  added: number;
  removed: number;
  damaged: readonly (readonly [key: string, value: string])[];
}>;

type Level = ClassicLevel<string, string>;

/** How many entries are read, and how many repairs are written, at a time. */
const STEP = 1000;

/**
 * Reads every record, and repairs every index that does not match the records. A write and its index rows are one
 * batch, so there are differences only if the disk has changed or lost data.
 *
 * @throws LevelDB's own error where a block of its files cannot be read.
 */
export const checkStore = async (level: Level): Promise<CheckReport> => {
  const damaged: [string, string][] = [];
  const repairs = repairsOf(level);
  let records = 0;

  const readAll = async (kind: string, read: (segments: readonly string[], value: string) => void) => {
    for await (const [key, value] of entriesOf(level, under(kind))) {
      records += 1;
      try {
        read(segmentsOf(key), value);
      } catch (error) {
        if (!(error instanceof DamagedRecord)) throw error;
        damaged.push([key, value]);
        await repairs.remove(key);
      }
    }
  };
  const requireSame = (what: string, id: string | undefined, found: string) => {
    if (id !== found) throw new DamagedRecord(what, 'it is under the key of another');
  };

  const tasks = new Set<string>();
  const indexes = new Set<string>();
  await readAll('t', ([, id = ''], value) => {
    const task = taskCodec.decode(id, value);
    requireSame(`Task ${id}`, id, task.task_id);
    tasks.add(id);
    for (const place of placesOf(task)) indexes.add(place);
    if (!isAccounted(task)) indexes.add(unaccountedKey(id));
  });
  await readAll('d', ([, webhook = '', id = ''], value) => {
    const { delivery } = deliveryCodec.decode(id, value);
    if (delivery === undefined) return;
    requireSame(`Delivery ${id}`, `${webhook} ${id}`, `${delivery.webhook_id} ${delivery.delivery_id}`);
    indexes.add(pendingKey(delivery));
  });
  await readAll('q', ([, id = ''], value) => {
    const queue = queueCodec.decode(id, value);
    requireSame(`Queue of webhook ${id}`, id, queue.webhook_id);
    if (queue.due_at !== undefined) indexes.add(dueKey(queue.due_at, id));
  });
  for (const kind of ['i', 'p', 'r', 'u']) {
    for await (const [key] of entriesOf(level, under(kind))) {
      if (indexes.delete(key)) continue;
      // Any task may be marked as not accounted for; its own fields do not tell.
      const isMarked = kind === 'u' && tasks.has(segmentsOf(key)[1] ?? '');
      if (!isMarked) await repairs.drop(key);
    }
  }
  for (const key of indexes) await repairs.add(key);

  await readAll('h', ([, id = ''], value) => pointCodec.decode(id, value));
  await readAll('j', ([, id = ''], value) => projectCodec.decode(id, value));
  await readAll('w', ([, id = ''], value) => webhooksCodec.decode(id, value));
  await readAll('k', ([, id = ''], value) =>
    requireSame(`API key ${id}`, id, keyCodec.decode(id, value).key_id),
  );
  await readAll('c', ([, id = ''], value) => checkpointCodec.decode(id, value));
  await readAll('v', ([, id = ''], value) => fromRecord(`Checkpoint ${id}`, value));
  await readAll('l', ([, , id = ''], value) => lineIndexCodec.decode(id, value));
  await readAll('b', ([, , id = ''], value) => fromRecord(`Lines of ${id}`, value));
  for (const [from, to] of [
    ['c', 'v'],
    ['v', 'c'],
  ] as const) {
    for await (const [key] of entriesOf(level, under(from), false)) {
      const [, id = ''] = segmentsOf(key);
      const isLost = damaged.some(([lost]) => lost === keyOf(to, id));
      if (isLost || level.getSync(keyOf(to, id)) === undefined) await repairs.remove(key);
    }
  }
  await repairs.write();
  return { records, ...repairs.counts(), damaged };
};

async function* entriesOf(
  level: Level,
  range: Readonly<{ gt: string; lt: string }>,
  values = true,
): AsyncGenerator<readonly [string, string]> {
  const iterator = level.iterator({ ...range, values });
  try {
    for (;;) {
      const entries = await iterator.nextv(STEP);
      if (entries.length === 0) return;
      yield* entries;
    }
  } finally {
    await iterator.close();
  }
}

/** Collects the changes. Iterators read a snapshot, so that they do not see what is written meanwhile. */
const repairsOf = (level: Level) => {
  let changes: ({ type: 'put'; key: string; value: string } | { type: 'del'; key: string })[] = [];
  let added = 0;
  let removed = 0;
  const write = async () => {
    const ready = changes;
    changes = [];
    if (ready.length > 0) await level.batch(ready, { sync: true });
  };
  const push = async (change: (typeof changes)[number]) => {
    changes.push(change);
    if (changes.length >= STEP) await write();
  };
  return {
    /** An index row that must be there. */
    async add(key: string) {
      if (level.getSync(key) !== undefined) return;
      added += 1;
      await push({ type: 'put', key, value: '' });
    },
    /** An index row that must not be there. */
    async drop(key: string) {
      removed += 1;
      await push({ type: 'del', key });
    },
    remove: (key: string) => push({ type: 'del', key }),
    write,
    counts: () => ({ added, removed }),
  };
};
