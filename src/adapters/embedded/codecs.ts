import { SCOPES, type StoredKey } from '../../domain/api-keys.ts';
import type { Json } from '../../domain/json.ts';
import { isObservation } from '../../domain/logs/format.ts';
import { COUNTED_KINDS } from '../../domain/projects/metrics.ts';
import { PROJECT_STATUSES, type StoredProject } from '../../domain/projects/project.ts';
import { OUTCOMES as TASK_OUTCOMES } from '../../domain/tasks/details.ts';
import { TASK_EVENTS } from '../../domain/tasks/events.ts';
import type { HistoryPoint } from '../../domain/tasks/progress.ts';
import { isCadence, isRunFacts } from '../../domain/tasks/run.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { storedText } from '../../domain/tasks/stored.ts';
import { PRIORITIES, type StoredTask } from '../../domain/tasks/task.ts';
import {
  DELIVERY_EVENTS,
  type Delivery,
  type LastDelivery,
  OUTCOMES,
} from '../../domain/webhooks/delivery.ts';
import type { ProjectWebhooks } from '../../domain/webhooks/webhook.ts';
import { fromRecord, recordOf, toRecord } from './record.ts';
import {
  isFlag,
  isNumber,
  isNumberOrNull,
  isObject,
  isText,
  isTextObject,
  isTime,
  listOf,
  oneOf,
  type Shape,
  shapeCheck,
  shaped,
  withUnknown,
} from './shape.ts';

/** How a kind of record is written and read. `decode` throws DamagedRecord; `id` names the record in it. */
export type Codec<T> = Readonly<{ encode(value: T): string; decode(id: string, record: string): T }>;

const codec = <T extends object>(kind: string, shape: Shape): Codec<T> => ({
  encode: (value) => toRecord(withUnknown(value)),
  // The shape makes it a T: each field has been checked, and there are no others.
  decode: (id, record) => shaped(`${kind} ${id}`, fromRecord(`${kind} ${id}`, record), shape) as unknown as T,
});

const isCounted = shapeCheck({
  required: { project_id: isText, kind: oneOf(COUNTED_KINDS), seconds: isNumber },
});

const anyTask = codec<StoredTask>('Task', {
  required: {
    task_id: isText,
    task_name: isText,
    task_type: isText,
    project_id: isText,
    status: oneOf(TASK_STATUSES),
    priority: oneOf(PRIORITIES),
    progress: isObject,
    details: isObject,
    labels: isTextObject,
    metadata: isObject,
    attempt: isNumber,
    version: isNumber,
    created_at: isTime,
    updated_at: isTime,
    stale: isFlag,
  },
  optional: {
    description: isText,
    parent_id: isText,
    progress_from: oneOf(['parts']),
    started_at: isTime,
    completed_at: isTime,
    reported_at: isTime,
    last_event_at: isTime,
    duration_seconds: isNumber,
    eta_seconds: isNumber,
    run: isRunFacts,
    heartbeat: isCadence,
    expect: isCadence,
    output: isObservation,
    counted: isCounted,
    retries: isNumber,
    rateFrom: shapeCheck({ required: { current: isNumber, at: isTime } }),
    pendingEvents: listOf(
      shapeCheck({
        required: { type: oneOf(TASK_EVENTS), project_id: isText, version: isNumber, at: isText },
      }),
    ),
  },
  inner: {
    progress: {
      required: { current: isNumberOrNull, total: isNumberOrNull, percentage: isNumberOrNull },
      optional: { failed: isNumber, skipped: isNumber },
    },
    details: {
      required: {},
      optional: {
        phase: isText,
        current_step: isText,
        operation: isText,
        outcome: oneOf(TASK_OUTCOMES),
        stack_state: isText,
        failed_resources: listOf(isText),
        retained_resources: listOf(isText),
        log_group: isText,
        log_stream: isText,
        error_message: isText,
        exit_code: isNumber,
        signal: isText,
      },
    },
    github: {
      required: {},
      optional: { issue_number: isNumber, issue_url: isText, pr_number: isNumber, pr_url: isText },
    },
  },
});

export const taskCodec: Codec<StoredTask> = {
  encode: (task) => (task.unknown === undefined ? recordOf(storedText(task)) : anyTask.encode(task)),
  decode: anyTask.decode,
};

export const pointCodec = codec<HistoryPoint & Readonly<{ day: number }>>('History of task', {
  required: {
    timestamp: isTime,
    current: isNumberOrNull,
    total: isNumberOrNull,
    percentage: isNumberOrNull,
    status: oneOf(TASK_STATUSES),
    day: isNumber,
  },
  optional: { failed: isNumber, skipped: isNumber, phase: isText, message: isText },
});

export const projectCodec = codec<StoredProject>('Project', {
  required: {
    project_id: isText,
    project_name: isText,
    status: oneOf(PROJECT_STATUSES),
    owner: isText,
    resources: isObject,
    metrics: isObject,
    version: isNumber,
    created_at: isTime,
    updated_at: isTime,
  },
  optional: {
    description: isText,
    account_id: isText,
    has_webhooks: isFlag,
    tally: (value) => isTally(value),
  },
  inner: {
    resources: {
      required: {},
      optional: {
        github_repo: isText,
        s3_bucket: isText,
        cloudfront_distribution: isText,
        api_endpoint: isText,
      },
    },
    metrics: {
      required: {
        total_tasks: isNumber,
        active_tasks: isNumber,
        completed_tasks: isNumber,
        failed_tasks: isNumber,
        blocked_tasks: isNumber,
        success_rate: isNumberOrNull,
        avg_completion_time_seconds: isNumberOrNull,
        last_updated: isTime,
      },
    },
  },
});

const isTally = shapeCheck({
  required: {
    seconds: isNumber,
    recent: (value) =>
      isObject(value) &&
      // Checked on the line above; the compiler narrows no unknown by our own check.
      Object.values(value as object).every((counted) => counted === null || isCounted(counted)),
  },
});

export const webhooksCodec = codec<ProjectWebhooks>('Webhooks of project', {
  required: {
    project_id: isText,
    project_created_at: isText,
    version: isNumber,
    webhooks: listOf(
      shapeCheck({
        required: {
          webhook_id: isText,
          project_id: isText,
          url: isText,
          events: listOf(isText),
          active: isFlag,
          secret: isText,
          version: isNumber,
          created_at: isText,
          updated_at: isText,
        },
        optional: { format: isText, previous_secret: isText, previous_until: isText },
      }),
    ),
  },
});

/** A pending delivery; or, once it has ended, only when its id expires, epoch milliseconds. */
export type DeliveryRecord = Readonly<{ delivery?: Delivery; ended_until?: number }>;

export const deliveryCodec = codec<DeliveryRecord>('Delivery', {
  required: {},
  optional: {
    ended_until: isNumber,
    delivery: shapeCheck({
      required: {
        delivery_id: isText,
        webhook_id: isText,
        project_id: isText,
        event: oneOf(DELIVERY_EVENTS),
        body: isText,
        attempts: isNumber,
        due_at: isNumber,
        created_at: isNumber,
      },
      optional: { task_id: isText },
    }),
  },
});

/**
 * The queue of a webhook. Times are epoch milliseconds; `expires_on` is the day on which it expires; `woken`: a
 * delivery was added since it was claimed.
 */
export type QueueRecord = Readonly<{
  webhook_id: string;
  project_id: string;
  due_at?: number;
  rest_until: number;
  woken: boolean;
  lease?: Readonly<{ token: string; until: number }>;
  last?: LastDelivery;
  expires_on: number;
}>;

export const queueCodec = codec<QueueRecord>('Queue of webhook', {
  required: {
    webhook_id: isText,
    project_id: isText,
    rest_until: isNumber,
    woken: isFlag,
    expires_on: isNumber,
  },
  optional: {
    due_at: isNumber,
    lease: shapeCheck({ required: { token: isText, until: isNumber } }),
    last: shapeCheck({
      required: {
        delivery_id: isText,
        event: oneOf(DELIVERY_EVENTS),
        attempts: isNumber,
        at: isText,
        outcome: oneOf(OUTCOMES),
      },
      optional: { task_id: isText, status_code: isNumber, error: isText, next_attempt_at: isText },
    }),
  },
});

export const keyCodec = codec<StoredKey>('API key', {
  required: {
    key_id: isText,
    hash: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
    name: isText,
    scope: oneOf(SCOPES),
    created_at: isTime,
  },
  optional: { project_id: isText, expires_at: isTime, last_used_at: isTime },
});

/** `expires_on` is the day on which a checkpoint expires, 0 for one that does not. */
export const checkpointCodec = codec<Readonly<{ version: number; expires_on: number }>>('Checkpoint', {
  required: { version: isNumber, expires_on: isNumber },
});

/** What is known of a stream's lines. What `index` says is the domain's business. `expires_at` is epoch milliseconds. */
export const lineIndexCodec = codec<Readonly<{ index: Json; version: number; expires_at: number }>>(
  'Lines of',
  {
    required: { index: isObject, version: isNumber, expires_at: isNumber },
  },
);
