import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isMiyabiError, MiyabiError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { ArchiveEntry } from '../../ports/archive.ts';
import { type Item, itemReader, reader } from './attributes.ts';
import { KEYS_OWNER } from './key-item.ts';
import { projectFromItem } from './project-item.ts';
import { CURRENT, pointFromItem, taskFromItem } from './task-item.ts';
import { deliveryFromItem, lastFromItem, projectWebhooksFromItem } from './webhook-item.ts';

/** An item, and its table. */
export type TableItem = Readonly<{ table: 'tasks' | 'projects' | 'webhooks'; item: Item }>;

const CHECKPOINT = 'checkpoint#';
const PART = 'checkpoint-part#';
/** Log lines are deleted after a week, so archives leave them out. */
const LINES = 'lines#';
/** A key too long for DynamoDB is stored as its hash: the original key is lost. */
const HASHED = `${CHECKPOINT}sha256#`;

const decompress = promisify(gunzip);

/**
 * The records of items. Items that cannot be read are passed to `onDamaged` and left out. Attributes that only another
 * version knows are left out too: they are in DynamoDB's format.
 */
export async function* entriesFromItems(
  items: AsyncIterable<TableItem>,
  onDamaged: (error: MiyabiError) => void,
): AsyncGenerator<ArchiveEntry> {
  // A large checkpoint is spread over items, which may come before or after the item that names them.
  const heads: Item[] = [];
  const parts = new Map<string, Map<number, Uint8Array>>();
  for await (const { table, item } of items) {
    const id = item['task_id']?.S ?? '';
    try {
      if (table === 'projects') {
        const { unknown: _unknown, ...project } = projectFromItem(item);
        yield { kind: 'project', project };
      } else if (table === 'webhooks') yield* fromWebhooks(item);
      else if (id.startsWith(PART)) {
        const read = reader('Part of a checkpoint', item);
        const ofOne = parts.get(id) ?? new Map<number, Uint8Array>();
        parts.set(id, ofOne.set(read.number('timestamp'), read.bytes('value')));
      } else if (id.startsWith(LINES)) continue;
      else if (id.startsWith(HASHED)) throw damagedCheckpoint(id, 'its key is not known');
      else if (id.startsWith(CHECKPOINT)) heads.push(item);
      else if (item['timestamp']?.N === String(CURRENT)) {
        const { unknown: _unknown, ...task } = taskFromItem(item);
        yield { kind: 'task', task };
      } else yield { kind: 'point', task_id: id, point: pointFromItem(item) };
    } catch (error) {
      if (!isMiyabiError(error, 'internal')) throw error;
      onDamaged(error);
    }
  }
  for (const head of heads) {
    try {
      yield await fromHead(head, parts);
    } catch (error) {
      if (!isMiyabiError(error, 'internal')) throw error;
      onDamaged(error);
    }
  }
}

function* fromWebhooks(item: Item): Generator<ArchiveEntry> {
  const [kind, id = ''] = splitOnce(item['owner']?.S ?? '');
  const [what, delivery_id = ''] = splitOnce(item['item']?.S ?? '');
  // An import must not bring back keys that were revoked after the export.
  if (kind === KEYS_OWNER) return;
  if (kind === 'project') {
    const { unknown: _unknown, ...kept } = projectWebhooksFromItem(item);
    const webhooks = kept.webhooks.map(({ unknown: _inner, ...webhook }) => webhook);
    yield { kind: 'webhooks', webhooks: { ...kept, webhooks } };
  } else if (what === 'queue') {
    const last = lastFromItem(item);
    const project_id = item['project_id']?.S;
    if (last !== undefined && project_id !== undefined)
      yield { kind: 'result', webhook_id: id, project_id, last };
  } else if (item['queue'] !== undefined) yield { kind: 'delivery', delivery: deliveryFromItem(item) };
  else {
    const until = reader(`Delivery ${delivery_id}`, item).number('ttl') * 1000;
    yield { kind: 'ended', webhook_id: id, delivery_id, until };
  }
}

const fromHead = async (
  head: Item,
  parts: ReadonlyMap<string, ReadonlyMap<number, Uint8Array>>,
): Promise<ArchiveEntry> => {
  const name = (head['task_id']?.S ?? '').slice(CHECKPOINT.length);
  const read = itemReader(`Checkpoint ${name}`, head);
  const count = read.number('parts');
  const found = parts.get(`${PART}${read.text('write_id')}#${name}`) ?? new Map<number, Uint8Array>();
  if (count > 0 && found.size < count) throw damagedCheckpoint(name, 'parts of it are missing');
  const bytes =
    count === 0
      ? read.bytes('value')
      : Buffer.concat([...found].sort(([a], [b]) => a - b).map(([, chunk]) => chunk));
  let value: Json;
  try {
    value = JSON.parse((await decompress(bytes)).toString());
  } catch (error) {
    throw damagedCheckpoint(name, 'its value cannot be read', error);
  }
  return { kind: 'checkpoint', key: name, value, version: read.number('version') };
};

const damagedCheckpoint = (key: string, reason: string, cause?: unknown): MiyabiError =>
  new MiyabiError('internal', `Checkpoint ${key} is damaged in the store: ${reason}`, { cause });

const splitOnce = (text: string): readonly [string, string?] => {
  const at = text.indexOf('#');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};
