import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../domain/json.ts';
import type { TaskShelf } from '../../domain/logs/parse.ts';

/** What is written and read at once, in bytes. */
const BLOCK = 1 << 20;

/**
 * A shelf in a temporary file, which is made when the first task is put and removed by `close`. Each put appends to the
 * file; 20 to 40 bytes a task stay in memory, to find it again.
 *
 * @throws Error where the temporary folder cannot be written.
 */
export const fileShelf = (): TaskShelf & Readonly<{ close(): void }> => {
  let folder: string | undefined;
  let file: number | undefined;
  const opened = (): number => {
    if (file === undefined) {
      folder = mkdtempSync(join(tmpdir(), `miyabi-parse-${process.pid}-`));
      file = openSync(join(folder, 'tasks'), 'wx+', 0o600);
    }
    return file;
  };

  // The end of the file is still in memory, and so is the part that was read last.
  let flushed = 0;
  const pending = Buffer.allocUnsafe(BLOCK);
  let pendingBytes = 0;
  let block = Buffer.alloc(0);
  let blockAt = 0;

  const flush = () => {
    writeAll(opened(), pending.subarray(0, pendingBytes), flushed);
    flushed += pendingBytes;
    pendingBytes = 0;
  };
  const append = (record: Buffer): number => {
    if (pendingBytes + record.length > BLOCK) flush();
    if (record.length > BLOCK) {
      writeAll(opened(), record, flushed);
      flushed += record.length;
      return flushed - record.length;
    }
    record.copy(pending, pendingBytes);
    pendingBytes += record.length;
    return flushed + pendingBytes - record.length;
  };
  /** `ahead`: what comes next in the file is read as well. */
  const readAt = (at: number, length: number, ahead: boolean): Buffer => {
    if (at >= flushed) return pending.subarray(at - flushed, at - flushed + length);
    if (at < blockAt || at + length > blockAt + block.length) {
      const size = ahead ? Math.max(length, Math.min(BLOCK, flushed - at)) : length;
      block = Buffer.allocUnsafe(size);
      block = block.subarray(0, readSync(opened(), block, 0, size, at));
      blockAt = at;
    }
    return block.subarray(at - blockAt, at - blockAt + length);
  };

  const places = placeTable();
  const recordAt = (place: number, ahead = false): Readonly<{ id: string; task: Json }> => {
    const text = readAt(places.offset(place), places.length(place), ahead).toString();
    const end = text.indexOf('\n');
    return { id: text.slice(0, end), task: JSON.parse(text.slice(end + 1)) };
  };
  const isOf = (id: string) => (place: number) => recordAt(place).id === id;

  return {
    put(id, task) {
      const record = Buffer.from(`${id}\n${JSON.stringify(task)}`);
      const place = places.find(id, isOf(id)) ?? places.add(id);
      places.set(place, append(record), record.length);
    },
    find(id) {
      const place = places.find(id, isOf(id));
      return place === undefined ? undefined : recordAt(place).task;
    },
    *all() {
      for (let place = 0; place < places.count(); place += 1) yield recordAt(place, true);
    },
    close() {
      if (file !== undefined) closeSync(file);
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
};

const writeAll = (file: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
};

/**
 * Where the records of ids are, in the order in which they were added: a hash table of numbers, since a `Map` takes a
 * hundred bytes for each id. Ids of the same hash are distinguished by their records.
 */
const placeTable = () => {
  let hashes = new Uint32Array(1024);
  let offsets = new Float64Array(1024);
  let lengths = new Uint32Array(1024);
  /** Places plus one, at their hash or after it; at most half of it is in use. */
  let buckets = new Uint32Array(2048);
  let count = 0;

  const insert = (place: number) => {
    let bucket = (hashes[place] as number) & (buckets.length - 1);
    while (buckets[bucket] !== 0) bucket = (bucket + 1) & (buckets.length - 1);
    buckets[bucket] = place + 1;
  };
  const grow = () => {
    const grown = <Numbers extends Uint32Array | Float64Array>(from: Numbers, into: Numbers): Numbers => {
      into.set(from);
      return into;
    };
    hashes = grown(hashes, new Uint32Array(hashes.length * 2));
    offsets = grown(offsets, new Float64Array(offsets.length * 2));
    lengths = grown(lengths, new Uint32Array(lengths.length * 2));
    buckets = new Uint32Array(buckets.length * 2);
    for (let place = 0; place < count; place += 1) insert(place);
  };

  return {
    count: () => count,
    offset: (place: number) => offsets[place] as number,
    length: (place: number) => lengths[place] as number,
    find(id: string, isOf: (place: number) => boolean): number | undefined {
      const hash = hashOf(id);
      for (
        let bucket = hash & (buckets.length - 1);
        buckets[bucket] !== 0;
        bucket = (bucket + 1) & (buckets.length - 1)
      ) {
        const place = (buckets[bucket] as number) - 1;
        if (hashes[place] === hash && isOf(place)) return place;
      }
      return undefined;
    },
    add(id: string): number {
      if (count === hashes.length) grow();
      hashes[count] = hashOf(id);
      insert(count);
      count += 1;
      return count - 1;
    },
    set(place: number, offset: number, length: number) {
      offsets[place] = offset;
      lengths[place] = length;
    },
  };
};

/** FNV-1a of 32 bits. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
};
