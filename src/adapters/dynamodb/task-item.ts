import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { isObservation } from '../../domain/logs/format.ts';
import { COUNTED_KINDS, type Counted } from '../../domain/projects/metrics.ts';
import { OUTCOMES, type Outcome } from '../../domain/tasks/details.ts';
import type { RateStart } from '../../domain/tasks/eta.ts';
import { isAccounted, TASK_EVENTS, type TaskEvent } from '../../domain/tasks/events.ts';
import { searchable, type TaskPosition } from '../../domain/tasks/list.ts';
import type { HistoryPoint } from '../../domain/tasks/progress.ts';
import { isCadence, isRunFacts } from '../../domain/tasks/run.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { PRIORITIES, type StoredTask } from '../../domain/tasks/task.ts';
import { fromIso, toIso } from '../../domain/time.ts';
import {
  flag,
  type Item,
  itemReader,
  json,
  maybeNumber,
  number,
  present,
  type Reader,
  schema,
  text,
  withUnknown,
} from './attributes.ts';
import { LIST_INDEXES, shardKeys } from './task-shards.ts';

/** Items that were not written for this long expire. */
const KEPT_SECONDS = 90 * 24 * 60 * 60;

/** The `ttl` of an item last written then: epoch seconds. */
export const ttlAfter = (epochMs: number) => number(Math.floor(epochMs / 1000) + KEPT_SECONDS);

/** The sort key of the current state of a task. */
export const CURRENT = 0;

export const taskKey = (taskId: string): Item => ({ task_id: text(taskId), timestamp: number(CURRENT) });

/** Times of one length, then the id: text order is the order of a list, reversed, and no two tasks are equal in it. */
export const updatedKey = ({ updated_at, task_id }: TaskPosition): string => `${updated_at}#${task_id}`;

export const positionOf = (key: string): TaskPosition => {
  const end = key.indexOf('#');
  return { updated_at: key.slice(0, end), task_id: key.slice(end + 1) };
};

/** A label as an index filters by it. Two labels may meet in one mark, so what is found is checked again. */
export const labelMark = (name: string, value: string): string => `${name}=${value}`;

/** What enters a task in the index of those that are not settled: not counted, or with pending events. */
export const UNCOUNTED: Item = { uncounted: text('yes') };

export const countedToItem = ({ project_id, kind, seconds }: Counted): Item[string] => ({
  M: { project_id: text(project_id), kind: text(kind), seconds: number(seconds) },
});

/** The current state of a task. `writeId` tells a write apart from every other, `shards` is their number in the table. */
export const taskToItem = (task: StoredTask, writeId: string, shards = 1): Item => {
  const { operation, outcome, exit_code, failed_resources, retained_resources, ...texts } = task.details;
  const labels = Object.entries(task.labels);
  const item: Item = {
    ...taskKey(task.task_id),
    ...schema,
    task_name: text(task.task_name),
    task_type: text(task.task_type),
    project_id: text(task.project_id),
    status: text(task.status),
    priority: text(task.priority),
    progress: {
      M: {
        current: maybeNumber(task.progress.current),
        total: maybeNumber(task.progress.total),
        percentage: maybeNumber(task.progress.percentage),
        ...present({ failed: task.progress.failed, skipped: task.progress.skipped }, number),
      },
    },
    details: {
      M: {
        ...present({ ...texts, operation, ...outcomeAttribute(outcome) }, text),
        ...present({ exit_code }, number),
        ...present({ failed_resources, retained_resources }, (names) => ({ L: names.map(text) })),
      },
    },
    labels: json(task.labels),
    metadata: json(task.metadata),
    ...present({ github: task.github }, (github) => ({
      M: {
        ...present({ issue_number: github.issue_number, pr_number: github.pr_number }, number),
        ...present({ issue_url: github.issue_url, pr_url: github.pr_url }, text),
      },
    })),
    ...present({ run: task.run, heartbeat: task.heartbeat, expect: task.expect, output: task.output }, json),
    attempt: number(task.attempt),
    version: number(task.version),
    created_at: text(task.created_at),
    updated_at: text(task.updated_at),
    ...present(
      {
        parent_id: task.parent_id,
        progress_from: task.progress_from,
        description: task.description,
        started_at: task.started_at,
        completed_at: task.completed_at,
        reported_at: task.reported_at,
        last_event_at: task.last_event_at,
      },
      text,
    ),
    ...present({ duration_seconds: task.duration_seconds, eta_seconds: task.eta_seconds }, number),
    stale: flag(task.stale),
    updated_key: text(updatedKey(task)),
    ...shardKeys(task, shards),
    search_name: text(searchable(task.task_name)),
    ...(labels.length === 0
      ? {}
      : { label_marks: { SS: [...new Set(labels.map(([name, value]) => labelMark(name, value)))] } }),
    ...present({ counted: task.counted }, countedToItem),
    ...present({ untold: task.pendingEvents }, json),
    ...present({ retries: task.retries }, number),
    ...present({ rate_from: task.rateFrom }, ({ current, at }) => ({
      M: { current: number(current), at: text(at) },
    })),
    ...(isAccounted(task) ? {} : UNCOUNTED),
    write_id: text(writeId),
    ttl: ttlAfter(fromIso(task.updated_at)),
  };
  return withUnknown(item, task.unknown);
};

/** What `taskFromItem` does not read: keys, what is derived for the indexes, and what earlier versions wrote. */
const UNREAD = [
  'timestamp',
  'updated_key',
  // Another version may have changed the fields that they are derived from.
  ...Object.values(LIST_INDEXES).map(({ shard }) => shard),
  'search_name',
  'label_marks',
  'uncounted',
  'write_id',
  'ttl',
  'trail',
];

/** @throws MiyabiError `internal` that names the task and what of it is damaged. */
export const taskFromItem = (item: Item): StoredTask => {
  const taskId = item['task_id']?.S ?? '';
  const read = itemReader(`Task ${taskId}`, item);
  const progress = read.map('progress');
  const details = read.map('details');
  const task: StoredTask = {
    task_id: read.text('task_id'),
    task_name: read.text('task_name'),
    task_type: read.text('task_type'),
    ...read.present(read.text, 'description'),
    project_id: read.text('project_id'),
    ...read.present(read.text, 'parent_id'),
    ...read.present((name) => read.oneOf(name, ['parts'] as const), 'progress_from'),
    status: read.oneOf('status', TASK_STATUSES),
    priority: read.oneOf('priority', PRIORITIES),
    progress: {
      current: progress.maybeNumber('current'),
      total: progress.maybeNumber('total'),
      percentage: progress.maybeNumber('percentage'),
      ...progress.present(progress.number, 'failed', 'skipped'),
    },
    details: {
      ...details.present(details.text, 'phase', 'current_step', 'operation'),
      ...outcomeIn(details),
      ...details.present(details.text, 'stack_state'),
      ...details.present(details.texts, 'failed_resources', 'retained_resources'),
      ...details.present(details.text, 'log_group', 'log_stream', 'error_message', 'signal'),
      ...details.present(details.number, 'exit_code'),
    },
    labels: labelsOf(read),
    metadata: objectOf(read, 'metadata'),
    ...read.present((name) => {
      const github = read.map(name);
      return {
        ...github.present(github.number, 'issue_number', 'pr_number'),
        ...github.present(github.text, 'issue_url', 'pr_url'),
      };
    }, 'github'),
    ...read.present((name) => checkedJson(read, name, isRunFacts), 'run'),
    ...read.present((name) => checkedJson(read, name, isCadence), 'heartbeat'),
    ...read.present((name) => checkedJson(read, name, isCadence), 'expect'),
    ...read.present((name) => checkedJson(read, name, isObservation), 'output'),
    attempt: read.number('attempt'),
    version: read.number('version'),
    created_at: read.text('created_at'),
    updated_at: read.text('updated_at'),
    ...read.present(read.text, 'started_at', 'completed_at', 'reported_at', 'last_event_at'),
    ...read.present(read.number, 'duration_seconds', 'eta_seconds'),
    stale: read.flag('stale'),
    ...read.present((name) => {
      const counted = read.map(name);
      return {
        project_id: counted.text('project_id'),
        kind: counted.oneOf('kind', COUNTED_KINDS),
        seconds: counted.number('seconds'),
      };
    }, 'counted'),
    ...read.present(read.number, 'retries'),
    ...(read.has('rate_from') ? { rateFrom: rateStartFrom(read.map('rate_from')) } : {}),
    ...(read.has('untold') ? { pendingEvents: eventsOf(read, 'untold') } : {}),
  };
  return { ...task, ...read.unread(UNREAD) };
};

const rateStartFrom = (read: Reader): RateStart => ({ current: read.number('current'), at: read.text('at') });

/** Outcomes that the first release does not know, and would take for damage while it runs beside this one. */
const LATER_OUTCOMES: readonly Outcome[] = ['lost', 'parent_ended'];

const outcomeAttribute = (outcome: Outcome | undefined) =>
  outcome !== undefined && LATER_OUTCOMES.includes(outcome) ? { later_outcome: outcome } : { outcome };

const outcomeIn = (details: Reader): { outcome?: Outcome } => {
  const { outcome, later_outcome = outcome } = details.present(
    (name) => details.oneOf(name, OUTCOMES),
    'outcome',
    'later_outcome',
  );
  return later_outcome === undefined ? {} : { outcome: later_outcome };
};

const checkedJson = <T>(read: Reader, name: string, check: (value: unknown) => value is T): T => {
  const value = read.json(name);
  if (!check(value)) throw read.broken(name, 'is not as it should be');
  return value;
};

const eventsOf = (read: Reader, name: string): readonly TaskEvent[] => {
  const events = read.json(name);
  if (!Array.isArray(events) || !events.every(isEvent))
    throw read.broken(name, 'holds something other than events');
  return events;
};

const isEvent = (value: unknown): value is TaskEvent =>
  isJsonObject(value) &&
  TASK_EVENTS.some((type) => type === value['type']) &&
  typeof value['project_id'] === 'string' &&
  typeof value['version'] === 'number' &&
  typeof value['at'] === 'string';

const objectOf = (read: Reader, name: string): JsonObject => {
  const value = read.json(name);
  if (!isJsonObject(value)) throw read.broken(name, 'is no JSON object');
  return value;
};

const labelsOf = (read: Reader): StoredTask['labels'] => {
  const labels = objectOf(read, 'labels');
  const holdsTexts = (value: JsonObject): value is Record<string, string> =>
    Object.values(value).every((label) => typeof label === 'string');
  if (!holdsTexts(labels)) throw read.broken('labels', 'hold something other than text');
  return labels;
};

/** The sort key of a point. The first millisecond of all would meet the current state, so it stands right behind. */
const pointKey = (epochMs: number): number => (epochMs === CURRENT ? CURRENT + 0.5 : epochMs);

export const pointBounds = (from: number, to: number): readonly [Item[string], Item[string]] => [
  number(pointKey(from)),
  number(Math.max(CURRENT + 0.5, to)),
];

/** A point of a task's history. `now` is epoch milliseconds. */
export const pointToItem = (taskId: string, point: HistoryPoint, now: number): Item => ({
  task_id: text(taskId),
  timestamp: number(pointKey(fromIso(point.timestamp))),
  ...schema,
  current: maybeNumber(point.current),
  total: maybeNumber(point.total),
  percentage: maybeNumber(point.percentage),
  status: text(point.status),
  ...present({ failed: point.failed, skipped: point.skipped }, number),
  ...present({ phase: point.phase, message: point.message }, text),
  ttl: ttlAfter(now),
});

/** @throws MiyabiError `internal` that names the task and what of the point is damaged. */
export const pointFromItem = (item: Item): HistoryPoint => {
  const read = itemReader(
    `The history of task ${item['task_id']?.S ?? ''} at ${item['timestamp']?.N ?? ''}`,
    item,
  );
  return {
    timestamp: toIso(Math.floor(read.number('timestamp'))),
    current: read.maybeNumber('current'),
    total: read.maybeNumber('total'),
    percentage: read.maybeNumber('percentage'),
    status: read.oneOf('status', TASK_STATUSES),
    ...read.present(read.number, 'failed', 'skipped'),
    ...read.present(read.text, 'phase', 'message'),
  };
};
