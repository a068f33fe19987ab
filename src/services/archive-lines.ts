import { MiyabiError } from '../domain/errors.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import { ARCHIVE_KINDS, type Archive, type ArchiveEntry } from '../ports/archive.ts';
import type { Secrets } from '../ports/secrets.ts';

/** The first line of an archive. */
const FORMAT = 'miyabi-archive';
const VERSION = 1;
/** Records written at a time. */
const STEP = 500;

export type Counts = Readonly<Partial<Record<ArchiveEntry['kind'], number>>>;

/**
 * Answers of idempotent requests expire after a day and may hold secrets: no archive contains them. The secret of public
 * links is in one only `withSecrets`.
 */
const isMoved = (entry: ArchiveEntry, withSecrets: boolean): boolean =>
  entry.kind !== 'checkpoint' ||
  !(entry.key.startsWith('idempotency#') || (!withSecrets && entry.key.startsWith('links#')));

/**
 * An archive as lines of JSON: a header, one line for each record, and a line with their number. The secrets of
 * webhooks and of public links are included only `withSecrets`.
 */
export async function* archiveLines(
  archive: Archive,
  { withSecrets, onProgress }: Readonly<{ withSecrets: boolean; onProgress: (counts: Counts) => void }>,
): AsyncGenerator<string> {
  yield JSON.stringify({ format: FORMAT, version: VERSION, secrets: withSecrets });
  const counts: Partial<Record<ArchiveEntry['kind'], number>> = {};
  for await (const entry of archive.entries()) {
    if (!isMoved(entry, withSecrets)) continue;
    counts[entry.kind] = (counts[entry.kind] ?? 0) + 1;
    yield JSON.stringify(withSecrets ? entry : withoutSecrets(entry));
    onProgress(counts);
  }
  yield JSON.stringify({ kind: 'end', counts });
}

const withoutSecrets = (entry: ArchiveEntry): ArchiveEntry => {
  if (entry.kind !== 'webhooks') return entry;
  const webhooks = entry.webhooks.webhooks.map(
    ({ previous_secret: _previous, previous_until: _until, ...webhook }) => ({ ...webhook, secret: '' }),
  );
  return { ...entry, webhooks: { ...entry.webhooks, webhooks } };
};

/**
 * Restores an archive from its lines. Existing records stay, so it can be run again. A webhook whose secret is not in
 * the archive gets a new one.
 *
 * @throws MiyabiError `invalid_input` that names the line: this is no archive, it is of a newer version, or it is cut
 * off.
 */
export const restoreLines = async (
  archive: Archive,
  lines: AsyncIterable<string>,
  { secrets, onProgress }: Readonly<{ secrets: Secrets; onProgress: (counts: Counts) => void }>,
): Promise<Counts> => {
  const counts: Partial<Record<ArchiveEntry['kind'], number>> = {};
  let waiting: ArchiveEntry[] = [];
  let number = 0;
  let hasEnded = false;
  for await (const line of lines) {
    number += 1;
    const value = parsed(line, number);
    if (number === 1) {
      requireHeader(value);
      continue;
    }
    if (hasEnded) throw malformed(number, 'follows the end of the archive');
    if (isJsonObject(value) && value['kind'] === 'end') {
      hasEnded = true;
      continue;
    }
    const entry = entryFrom(value, number);
    counts[entry.kind] = (counts[entry.kind] ?? 0) + 1;
    waiting.push(withNewSecrets(entry, secrets));
    if (waiting.length < STEP) continue;
    await archive.restore(waiting);
    waiting = [];
    onProgress(counts);
  }
  if (number === 0) throw malformed(1, 'is missing: this is no archive of miyabi export');
  await archive.restore(waiting);
  onProgress(counts);
  if (!hasEnded)
    throw malformed(number, 'is the last one, but the archive goes on: it was cut off. Import the whole');
  return counts;
};

const withNewSecrets = (entry: ArchiveEntry, secrets: Secrets): ArchiveEntry => {
  if (entry.kind !== 'webhooks') return entry;
  const webhooks = entry.webhooks.webhooks.map((webhook) =>
    webhook.secret === '' ? { ...webhook, secret: secrets.next() } : webhook,
  );
  return { ...entry, webhooks: { ...entry.webhooks, webhooks } };
};

const malformed = (line: number, reason: string): MiyabiError =>
  new MiyabiError('invalid_input', `Line ${line} ${reason}`);

const parsed = (line: string, number: number): Json => {
  try {
    return JSON.parse(line);
  } catch {
    throw malformed(number, 'is no JSON');
  }
};

const requireHeader = (value: Json): void => {
  if (!isJsonObject(value) || value['format'] !== FORMAT)
    throw malformed(1, 'does not begin an archive of miyabi export');
  if (typeof value['version'] !== 'number' || value['version'] > VERSION)
    throw malformed(1, 'begins an archive of a newer Miyabi: update this one');
};

/** The fields that identify a record. The store validates the others when it reads them. */
const FIELDS = {
  task: { task: 'object' },
  point: { task_id: 'string', point: 'object' },
  project: { project: 'object' },
  webhooks: { webhooks: 'object' },
  checkpoint: { key: 'string', version: 'number' },
  delivery: { delivery: 'object' },
  ended: { webhook_id: 'string', delivery_id: 'string', until: 'number' },
  result: { webhook_id: 'string', project_id: 'string', last: 'object' },
} as const satisfies Record<ArchiveEntry['kind'], Readonly<Record<string, string>>>;

const entryFrom = (value: Json, number: number): ArchiveEntry => {
  const kind = isJsonObject(value) ? ARCHIVE_KINDS.find((one) => one === value['kind']) : undefined;
  if (!isJsonObject(value) || kind === undefined) throw malformed(number, 'holds no record of a known kind');
  for (const [name, type] of Object.entries(FIELDS[kind])) {
    const field = value[name];
    if (type === 'object' ? !isJsonObject(field) : typeof field !== type)
      throw malformed(number, `holds a ${kind} whose ${name} is wrong`);
  }
  // The identifying fields are checked; the store that takes the entry checks the others.
  return value as unknown as ArchiveEntry;
};
