import { SCOPES, type StoredKey } from '../../domain/api-keys.ts';
import { type Item, itemReader, present, schema, text, withUnknown } from './attributes.ts';

/**
 * The partition of API keys in the webhooks table. All others there contain a `#`, so that the roles of functions that
 * have nothing to do with keys can be limited to those.
 */
export const KEYS_OWNER = 'keys';

export const keyKey = (keyId: string): Item => ({ owner: text(KEYS_OWNER), item: text(`key#${keyId}`) });

/** `writeId` identifies a write. */
export const keyToItem = (key: StoredKey, writeId: string): Item =>
  withUnknown(
    {
      ...keyKey(key.key_id),
      ...schema,
      key_id: text(key.key_id),
      hash: text(key.hash),
      name: text(key.name),
      scope: text(key.scope),
      ...present(
        {
          project_id: key.project_id,
          expires_at: key.expires_at,
          last_used_at: key.last_used_at,
        },
        text,
      ),
      created_at: text(key.created_at),
      write_id: text(writeId),
    },
    key.unknown,
  );

/** @throws MiyabiError `internal` that names the key and its damaged attribute. */
export const keyFromItem = (item: Item): StoredKey => {
  const read = itemReader(`API ${item['item']?.S?.replace('#', ' ') ?? 'key'}`, item);
  const timeOf = (name: string): string => {
    const time = read.text(name);
    // A key whose expiry cannot be read must not be valid for ever.
    if (Number.isNaN(Date.parse(time))) throw read.broken(name, 'is no time');
    return time;
  };
  const hash = read.text('hash');
  if (!/^[0-9a-f]{64}$/.test(hash)) throw read.broken('hash', 'is no SHA-256');
  const key: StoredKey = {
    key_id: read.text('key_id'),
    hash,
    name: read.text('name'),
    scope: read.oneOf('scope', SCOPES),
    ...read.present(read.text, 'project_id'),
    created_at: timeOf('created_at'),
    ...read.present(timeOf, 'expires_at', 'last_used_at'),
  };
  return { ...key, ...read.unread(['owner', 'item', 'write_id']) };
};
