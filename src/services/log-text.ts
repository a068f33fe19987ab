import { MiyabiError } from '../domain/errors.ts';
import { fingerprint } from '../domain/ids.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { LogOrigin } from '../domain/logs/event.ts';
import { MAX_LINE } from '../domain/logs/lines.ts';
import type { Ports } from '../ports/ports.ts';
import { keyedMutex } from './keyed-mutex.ts';
import type { PostedLogs } from './posted-logs.ts';
import type { Ingested } from './progress.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';

/**
 * A piece of a log as raw text. `offset` is the position of its first byte in the whole log; what was received before
 * is skipped. `last`: nothing follows, so a last line without a line end is a line.
 */
export type LogPiece = LogOrigin &
  Readonly<{
    project_id?: string | undefined;
    only_project?: string | undefined;
    bytes: Uint8Array;
    offset?: number | undefined;
    last: boolean;
  }>;

/** `next_offset` is where the next piece begins. */
export type TextIngested = Ingested & Readonly<{ next_offset: number }>;

export type LogTextService = Readonly<{
  /**
   * Takes a log in pieces, cut anywhere, even within a character: what follows the last line end waits for the rest.
   *
   * @throws MiyabiError `invalid_input` where bytes are missing before the piece; `unavailable`.
   */
  append(piece: LogPiece): Promise<TextIngested>;
}>;

/** What was received of a stream: its bytes, its lines, and the beginning of an unfinished line. */
type Taken = Readonly<{ bytes: number; lines: number; pending: string }>;

const NOTHING: Taken = { bytes: 0, lines: 0, pending: '' };
const LINE_END = 0x0a;

/** An unfinished line is kept up to this length: longer lines are not read anyway. */
const MAX_PENDING = 4 * MAX_LINE;

export const logTextService = ({
  checkpoints,
  postedLogs: posted,
  clock,
  retryOnConflict,
}: Pick<Ports, 'checkpoints' | 'clock'> &
  Readonly<{ postedLogs: PostedLogs; retryOnConflict: RetryOnConflict }>): LogTextService => {
  const serialize = keyedMutex();
  return {
    append(piece) {
      const { log_group, log_stream, project_id, only_project, last } = piece;
      const key = `text#${encodeURIComponent(log_group)}#${encodeURIComponent(log_stream)}`;
      const prefix = linePrefix(piece);
      return serialize(key, () =>
        retryOnConflict(async () => {
          const kept = await checkpoints.read(key);
          const taken = takenFromJson(kept?.value);
          const fresh = freshPart(piece, taken);
          const whole = Buffer.concat([Buffer.from(taken.pending, 'base64'), fresh]);
          const end = last ? whole.length : whole.lastIndexOf(LINE_END) + 1;
          const rest = whole.subarray(end);
          const pending = rest.length > MAX_PENDING ? rest.subarray(0, MAX_PENDING) : rest;
          const lines = linesOf(whole.subarray(0, end));
          const result = await posted.ingest({
            log_group,
            log_stream,
            project_id,
            only_project,
            // If its position could not be stored, a piece comes again. Line numbers identify its lines.
            inOrder: true,
            events: lines.map((message, index) => ({
              id: `${prefix}${taken.lines + index}`,
              timestamp: clock.now(),
              message,
            })),
          });
          const bytes = taken.bytes + fresh.length;
          const now: Taken = {
            bytes,
            lines: taken.lines + lines.length,
            pending: pending.toString('base64'),
          };
          return {
            result: { ...result, next_offset: bytes },
            write: () => checkpoints.write(key, now, kept?.version ?? 0),
          };
        }),
      );
    },
  };
};

/**
 * The prefix of the ids of a stream's lines, because several streams may report on one task. It has no digits, so that
 * the ledger can order lines of one moment by the number after it.
 */
const linePrefix = ({ log_group, log_stream }: LogOrigin): string => {
  const stream = fingerprint(log_group, log_stream).replace(/\d/g, (digit) =>
    'ABCDEFGHIJ'.charAt(Number(digit)),
  );
  return `line-${stream}-`;
};

const freshPart = ({ bytes, offset }: LogPiece, taken: Taken): Uint8Array => {
  if (offset === undefined) return bytes;
  if (offset > taken.bytes) {
    throw new MiyabiError(
      'invalid_input',
      `offset ${offset} leaves a gap: the stream goes on at ${taken.bytes}`,
      {
        fields: [{ path: 'offset', reason: `must not exceed ${taken.bytes}, where this stream goes on` }],
      },
    );
  }
  return bytes.subarray(taken.bytes - offset);
};

const linesOf = (bytes: Uint8Array): readonly string[] => {
  if (bytes.length === 0) return [];
  const text = new TextDecoder().decode(bytes);
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
};

const takenFromJson = (json: Json | undefined): Taken => {
  if (!isJsonObject(json)) return NOTHING;
  const { bytes, lines, pending } = json;
  return typeof bytes === 'number' && typeof lines === 'number' && typeof pending === 'string'
    ? { bytes, lines, pending }
    : NOTHING;
};
