import { MiyabiError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** A window that is being read, epoch milliseconds, both included. `token` is where its next page begins. */
export type Window = Readonly<{ from: number; to: number; sweep: boolean; token?: string }>;

/** How far a log group has been read, epoch milliseconds, when it was last swept, and an unfinished window. */
export type CloudwatchCursor = Readonly<{ read_to: number; swept_at: number; window?: Window }>;

const KIND = 'cloudwatch';

export const cursorToJson = ({ read_to, swept_at, window }: CloudwatchCursor): JsonObject => ({
  kind: KIND,
  read_to,
  swept_at,
  ...(window === undefined ? {} : { window }),
});

/** Undefined if nothing has been read, or if another kind of source wrote the cursor. */
export const cursorFromJson = (json: Json | undefined, group: string): CloudwatchCursor | undefined => {
  if (!isJsonObject(json) || json['kind'] !== KIND) return undefined;
  const time = (value: Json | undefined, field: string): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw broken(group, field);
    return value;
  };
  const read_to = time(json['read_to'], 'read_to');
  const swept_at = time(json['swept_at'], 'swept_at');
  const window = json['window'];
  if (window === undefined) return { read_to, swept_at };
  if (!isJsonObject(window)) throw broken(group, 'window');
  const token = window['token'];
  if (token !== undefined && typeof token !== 'string') throw broken(group, 'window.token');
  return {
    read_to,
    swept_at,
    window: {
      from: time(window['from'], 'window.from'),
      to: time(window['to'], 'window.to'),
      sweep: window['sweep'] === true,
      ...(token === undefined ? {} : { token }),
    },
  };
};

const broken = (group: string, path: string): MiyabiError =>
  new MiyabiError('internal', `the CloudWatch cursor of log group ${group} is broken at ${path}`);
