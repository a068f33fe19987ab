import { versionConflict } from '../../domain/errors.ts';
import type { LogOrigin } from '../../domain/logs/event.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LineStore, StoredChunk, StoredIndex } from '../../ports/line-store.ts';
import { frozenCopy } from './frozen-copy.ts';

type Kept = Readonly<{ index: StoredIndex; expires_at: number; chunks: Map<string, StoredChunk> }>;

/** Streams that are kept; of more, those go that were not written for longest. */
const MAX_STREAMS = 500;

/** Lines in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryLineStore = ({
  clock,
  maxStreams = MAX_STREAMS,
}: Readonly<{ clock: Clock; maxStreams?: number }>): LineStore => {
  // In the order of their last writes.
  const streams = new Map<string, Kept>();

  const at = (stream: LogOrigin): Kept | undefined => streams.get(nameOf(stream));

  return {
    async find(stream) {
      return at(stream)?.index;
    },

    async chunks(stream, keys) {
      const kept = at(stream);
      return keys.flatMap((key) => kept?.chunks.get(key) ?? []);
    },

    async write(stream, { index, put, remove, expires_at }, expected) {
      const kept = at(stream);
      if ((kept?.index.version ?? 0) !== expected) throw versionConflict('Log stream', nameOf(stream));
      const chunks = kept?.chunks ?? new Map<string, StoredChunk>();
      for (const chunk of put) chunks.set(chunk.key, frozenCopy(chunk));
      for (const key of remove) chunks.delete(key);
      streams.delete(nameOf(stream));
      streams.set(nameOf(stream), {
        index: frozenCopy({ value: index, version: expected + 1 }),
        expires_at,
        chunks,
      });
      for (const [name, { expires_at: until }] of streams) {
        if (streams.size <= maxStreams && until > clock.now()) break;
        streams.delete(name);
      }
    },

    async remove(stream) {
      streams.delete(nameOf(stream));
    },
  };
};

const nameOf = ({ log_group, log_stream }: LogOrigin): string => JSON.stringify([log_group, log_stream]);
