import { defined } from '../../domain/defined.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** A window that is being read, epoch milliseconds, both included. `token` is where its next page begins. */
export type Window = Readonly<{ from: number; to: number; sweep: boolean; token?: string }>;

/** How far a log group has been read, epoch milliseconds, when it was last swept, and an unfinished window. */
export type CloudwatchCursor = Readonly<{ read_to: number; swept_at: number; window?: Window }>;

const KIND = 'cloudwatch';
/** The first release wrote none: a cursor without a version has version 1. */
const VERSION = 1;

export const cursorToJson = ({ read_to, swept_at, window }: CloudwatchCursor): JsonObject => ({
  kind: KIND,
  version: VERSION,
  read_to,
  swept_at,
  ...defined({ window }),
});

/** A stored cursor as far as it can be used; `damaged` names the field that could not be read. */
export type ReadCursor = Readonly<{ cursor: CloudwatchCursor | undefined; damaged?: string }>;

/**
 * Without a cursor if nothing has been read, or another kind of source has. Of a cursor that is damaged or has another
 * version only the time up to which all was read is used, so that reading goes on from there with the overlap; if that
 * cannot be read either, reading starts over.
 */
export const cursorFromJson = (json: Json | undefined): ReadCursor => {
  if (!isJsonObject(json) || json['kind'] !== KIND) return { cursor: undefined };
  const { read_to, swept_at, window } = json;
  if (!isTime(read_to)) return { cursor: undefined, damaged: 'read_to' };
  const resume = (damaged: string): ReadCursor => ({ cursor: { read_to, swept_at: read_to }, damaged });
  if ((json['version'] ?? VERSION) !== VERSION) return resume('version');
  if (!isTime(swept_at)) return resume('swept_at');
  if (window === undefined) return { cursor: { read_to, swept_at } };
  if (!isJsonObject(window)) return resume('window');
  const { from, to, token } = window;
  if (!isTime(from)) return resume('window.from');
  if (!isTime(to)) return resume('window.to');
  if (token !== undefined && typeof token !== 'string') return resume('window.token');
  const sweep = window['sweep'] === true;
  return {
    cursor: { read_to, swept_at, window: { from, to, sweep, ...defined({ token }) } },
  };
};

const isTime = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
