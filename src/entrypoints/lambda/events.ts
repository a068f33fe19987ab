import { gunzipSync } from 'node:zlib';
import { defined } from '../../domain/defined.ts';
import { invalidField, MiyabiError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { LogEvent } from '../../domain/logs/event.ts';
import { isTime } from '../../domain/time.ts';

/** The event that invoked the collector. Times are epoch milliseconds. */
export type CollectorEvent =
  | Readonly<{ kind: 'direct'; log_group?: string; start_time?: number; end_time?: number }>
  | Readonly<{ kind: 'schedule'; scheduled_time: number; log_group?: string }>
  /** `malformed`: entries that were no log events. */
  | Readonly<{
      kind: 'subscription';
      log_group: string;
      log_stream: string;
      events: readonly LogEvent[];
      malformed: number;
    }>
  /** CloudWatch Logs checks whether it may deliver here: nothing to do. */
  | Readonly<{ kind: 'control' }>;

/** The largest decompressed subscription payload. Lambda accepts 6 MB, and logs compress to about a tenth. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/**
 * What EventBridge Scheduler inserts into an input for `<aws.scheduler.scheduled-time>`, and the names of that field
 * here.
 */
const SCHEDULED_TIME = ['scheduled_time', 'scheduledTime', 'scheduled-time'];
const SCHEDULE_FIELDS = [...SCHEDULED_TIME, 'log_group', 'schedule_arn', 'execution_id', 'attempt_number'];
const DIRECT_FIELDS = ['log_group', 'start_time', 'end_time'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses the event of the collector: the direct event `{log_group?, start_time?, end_time?}`, a rule or a schedule of
 * EventBridge, or a subscription of CloudWatch Logs.
 *
 * @throws MiyabiError `invalid_input` for anything else, naming what is wrong; `payload_too_large` where a
 * subscription's data decompresses to more than 64 MiB.
 */
export const decodeCollectorEvent = (event: unknown): CollectorEvent => {
  if (event === undefined || event === null) return { kind: 'direct' };
  if (!isFields(event)) throw new MiyabiError('invalid_input', 'The event must be a JSON object');
  if (has(event, 'awslogs')) return subscription(event['awslogs']);
  if (has(event, 'detail-type') || has(event, 'source')) return scheduledEvent(event);
  if (SCHEDULED_TIME.some((name) => has(event, name))) return schedulerInput(event);
  return direct(event);
};

const direct = (event: Fields): CollectorEvent => {
  refuseOthers(event, DIRECT_FIELDS);
  const start_time = timeOf(event, 'start_time');
  const end_time = timeOf(event, 'end_time');
  if (start_time !== undefined && end_time !== undefined && end_time < start_time) {
    throw invalidField('end_time', 'must not come before start_time');
  }
  return {
    kind: 'direct',
    ...logGroupOf(event),
    ...defined({ start_time, end_time }),
  };
};

/** The event of a rule, or of a schedule without an input of its own, which comes from `aws.scheduler`. */
const scheduledEvent = (event: Fields): CollectorEvent => {
  if (event['detail-type'] !== 'Scheduled Event') {
    throw invalidField('detail-type', 'must be "Scheduled Event": other events do not say what to collect');
  }
  if (event['source'] !== 'aws.events' && event['source'] !== 'aws.scheduler') {
    throw invalidField('source', 'must be aws.events or aws.scheduler');
  }
  return { kind: 'schedule', scheduled_time: requiredTime(event, 'time') };
};

const schedulerInput = (event: Fields): CollectorEvent => {
  refuseOthers(event, SCHEDULE_FIELDS);
  const name = SCHEDULED_TIME.find((candidate) => has(event, candidate)) ?? 'scheduled_time';
  return { kind: 'schedule', scheduled_time: requiredTime(event, name), ...logGroupOf(event) };
};

const subscription = (awslogs: unknown): CollectorEvent => {
  const data = isFields(awslogs) ? awslogs['data'] : undefined;
  if (typeof data !== 'string' || data === '') throw invalidField('awslogs.data', 'must be text');
  const payload = parsePayload(inflate(data));
  if (payload['messageType'] === 'CONTROL_MESSAGE') return { kind: 'control' };
  if (payload['messageType'] !== 'DATA_MESSAGE') {
    throw invalidField('awslogs.data.messageType', 'must be DATA_MESSAGE or CONTROL_MESSAGE');
  }
  const entries = payload['logEvents'];
  if (!Array.isArray(entries)) throw invalidField('awslogs.data.logEvents', 'must be a list');
  // A broken entry must not prevent the others from being read.
  const events = entries.map(logEventOf).filter((event) => event !== undefined);
  return {
    kind: 'subscription',
    log_group: requiredText(payload, 'logGroup'),
    log_stream: requiredText(payload, 'logStream'),
    events,
    malformed: entries.length - events.length,
  };
};

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const inflate = (data: string): string => {
  if (!BASE64.test(data)) throw invalidField('awslogs.data', 'must be base64');
  try {
    return gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_INFLATED_BYTES }).toString('utf8');
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new MiyabiError(
        'payload_too_large',
        `awslogs.data inflates to more than ${MAX_INFLATED_BYTES} bytes`,
        {
          cause,
        },
      );
    }
    throw unreadable('must be gzip', cause);
  }
};

const parsePayload = (text: string): Fields => {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch (cause) {
    throw unreadable('must hold JSON', cause);
  }
  if (!isFields(payload)) throw invalidField('awslogs.data', 'must hold a JSON object');
  return payload;
};

const unreadable = (reason: string, cause: unknown): MiyabiError =>
  new MiyabiError('invalid_input', `awslogs.data ${reason}`, {
    fields: [{ path: 'awslogs.data', reason }],
    cause,
  });

const logEventOf = (entry: unknown): LogEvent | undefined => {
  if (!isFields(entry)) return undefined;
  const { id, timestamp, message } = entry;
  if (typeof id !== 'string' || id === '' || typeof message !== 'string') return undefined;
  if (typeof timestamp !== 'number' || !isTime(timestamp)) return undefined;
  return { id, timestamp, message };
};

const isFields = (value: unknown): value is Fields => isJsonObject(value);

const has = (fields: Fields, name: string): boolean => Object.hasOwn(fields, name);

const refuseOthers = (event: Fields, known: readonly string[]): void => {
  for (const name of Object.keys(event)) {
    if (!known.includes(name)) throw invalidField(name, 'is unknown');
  }
};

const logGroupOf = (event: Fields): { log_group?: string } =>
  event['log_group'] === undefined || event['log_group'] === null
    ? {}
    : { log_group: requiredText(event, 'log_group') };

const MAX_NAME = 512;

const requiredText = (fields: Fields, name: string): string => {
  const value = fields[name];
  if (typeof value !== 'string' || value.trim() === '')
    throw invalidField(name, 'must be text that is not empty');
  if (value.length > MAX_NAME) throw invalidField(name, `must not be longer than ${MAX_NAME} characters`);
  return value;
};

const requiredTime = (fields: Fields, name: string): number => {
  const time = timeOf(fields, name);
  if (time === undefined) throw invalidField(name, TIME_RULE);
  return time;
};

const TIME_RULE = 'must be a time: ISO 8601, or the seconds or milliseconds since 1970';

/** ISO 8601 as schedules, shells and other languages write it. Without an offset it is UTC. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/;
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;

/** Smaller numbers are seconds (up to the year 5138), larger ones milliseconds (from March 1973). */
const FIRST_MILLISECONDS = 100_000_000_000;

const timeOf = (fields: Fields, name: string): number | undefined => {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const time =
    typeof value === 'number' ? fromNumber(value) : typeof value === 'string' ? fromText(value) : Number.NaN;
  if (!isTime(time)) throw invalidField(name, TIME_RULE);
  return time;
};

const fromNumber = (value: number): number => Math.round(value < FIRST_MILLISECONDS ? value * 1000 : value);

const fromText = (text: string): number => {
  if (NUMBER.test(text)) return fromNumber(Number(text));
  const parts = ISO.exec(text);
  if (parts === null) return Number.NaN;
  const [, date, time = '00:00', offset = 'Z'] = parts;
  return Date.parse(
    `${date}T${time}${/^[+-]\d{4}$/.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset}`,
  );
};
