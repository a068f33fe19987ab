import { isTerminal } from '../../domain/tasks/status.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';
import { fromIso } from '../../domain/time.ts';

/**
 * The schema of the keys. A key is a list of segments, each ended by NUL, so that no text can run into the next segment
 * and the order of keys is the order of their segments. Times are base 36 of a fixed length.
 *
 *   m  NAME                            the format and the counter of commits
 *   t  TASK                            a task
 *   i  BY VALUE UPDATED TASK           a place in the list of tasks: by a(ll), s(tatus), j (project), y (type), p(arent)
 *   u  TASK                            a task that is not settled, see TaskTally
 *   h  TASK TIME                       a point of a history
 *   j  PROJECT                         a project
 *   c  KEY                             the version of a checkpoint
 *   v  KEY                             its value
 *   w  PROJECT                         the webhooks of a project
 *   d  WEBHOOK DELIVERY                a delivery, or that it has ended
 *   p  WEBHOOK DUE DELIVERY            a delivery that has not ended
 *   q  WEBHOOK                         the queue of a webhook
 *   r  DUE WEBHOOK                     a queue that is due some time
 *   l  GROUP STREAM                    what is known of a stream's log lines
 *   b  GROUP STREAM KEY                a chunk of them
 *   k  KEY                             an API key, by its id
 *   x  DAY KIND KEY                    what may expire on a day: h(istory), c(heckpoint), d(elivery), q(ueue), l(ines)
 */
export const keyOf = (...segments: readonly string[]): string => `${segments.map(escaped).join(END)}${END}`;

const END = '\u0000';
const AFTER_END = '\u0001';
const SPECIAL = new RegExp(`[${END}${AFTER_END}]|\\p{Surrogate}`, 'u');
/** What nearly every segment is, and what is found out sooner. */
const PLAIN = /^[\w:.@-]*$/;
const EVERY_SPECIAL = new RegExp(SPECIAL, 'gu');

/** NUL ends a segment, and half of a surrogate pair is not valid UTF-8: both are written as \u0001 and four digits. */
const escaped = (text: string): string =>
  !PLAIN.test(text) && SPECIAL.test(text)
    ? text.replace(EVERY_SPECIAL, (sign) => `\u0001${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : text;

const ESCAPES = new RegExp(`${AFTER_END}([\\da-f]{4})`, 'g');

/** The segments of a key. */
export const segmentsOf = (key: string): readonly string[] =>
  key
    .slice(0, -1)
    .split(END)
    .map((segment) =>
      segment.includes(AFTER_END)
        ? segment.replace(ESCAPES, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
        : segment,
    );

/** The bounds of all keys that begin with these segments, both excluded. */
export const under = (...segments: readonly string[]): Readonly<{ gt: string; lt: string }> => {
  const prefix = segments.map(escaped).join(END);
  return { gt: `${prefix}${END}`, lt: `${prefix}${AFTER_END}` };
};

/** Epoch milliseconds up to the year 9999, in the order of time. */
export const timeSegment = (ms: number): string => Math.max(0, Math.floor(ms)).toString(36).padStart(10, '0');

const DAY_MS = 24 * 60 * 60 * 1000;
/** Items that have not been written for this long expire. */
export const KEPT_MS = 90 * DAY_MS;

/** The first day, counted from the epoch, that begins after a moment: what expires on it is past its time by then. */
export const dayAfter = (ms: number): number => Math.floor(ms / DAY_MS) + 1;
export const daySegment = (day: number): string => day.toString(36).padStart(5, '0');
export const startOfDay = (day: number): number => day * DAY_MS;

export const taskKey = (taskId: string): string => keyOf('t', taskId);
export const unaccountedKey = (taskId: string): string => keyOf('u', taskId);

/** Every list of tasks that contains a task: the segments before its position. */
const listsOf = (task: StoredTask): readonly (readonly [by: string, value: string])[] => [
  ['a', ''],
  ['s', task.status],
  ['j', task.project_id],
  ['y', task.task_type],
  ...(task.parent_id === undefined ? [] : [['p', task.parent_id] as const]),
];

/** The keys of a task in every list that contains it, as `keyOf` makes them, but with the common end made once. */
export const placesOf = (task: StoredTask): readonly string[] => {
  const place = `${timeSegment(fromIso(task.updated_at))}${END}${escaped(task.task_id)}${END}`;
  return listsOf(task).map(([by, value]) => `i${END}${by}${END}${escaped(value)}${END}${place}`);
};

/** The lists that contain every task of a query, with as few others as an index can. */
export const listsFor = ({
  statuses,
  project_id,
  parent_id,
  task_type,
}: Readonly<{
  statuses?: readonly StoredTask['status'][];
  project_id?: string;
  parent_id?: string;
  task_type?: string;
}>): readonly (readonly [by: string, value: string])[] => {
  if (parent_id !== undefined) return [['p', parent_id]];
  const byStatus = [...new Set(statuses)].map((status) => ['s', status] as const);
  if (statuses?.length === 0) return [];
  // There are only a few tasks with a status that is not terminal, however many are stored.
  if (statuses !== undefined && !statuses.some(isTerminal)) return byStatus;
  if (project_id !== undefined) return [['j', project_id]];
  if (task_type !== undefined) return [['y', task_type]];
  return statuses === undefined ? [['a', '']] : byStatus;
};
