// Generated from the contract by npm run contract: change the schemas instead.

export type Task = {
  task_id: string;
  task_name: string;
  task_type: string;
  description?: string | undefined;
  project_id: string;
  parent_id?: string | undefined;
  status: 'pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled';
  priority: 'P0' | 'P1' | 'P2' | 'P3';
  progress: { current: number | null; total: number | null; percentage: number | null };
  progress_from?: 'parts' | undefined;
  details: {
    phase?: string | undefined;
    current_step?: string | undefined;
    operation?: string | undefined;
    outcome?:
      | 'completed'
      | 'no_changes'
      | 'failed'
      | 'rolled_back'
      | 'rollback_failed'
      | 'rolling_back'
      | 'in_progress'
      | undefined;
    stack_state?: string | undefined;
    failed_resources?: readonly string[] | undefined;
    retained_resources?: readonly string[] | undefined;
    log_group?: string | undefined;
    log_stream?: string | undefined;
    error_message?: string | undefined;
  };
  labels: { [key: string]: string };
  metadata: { [key: string]: unknown };
  github?:
    | {
        issue_number?: number | undefined;
        issue_url?: string | undefined;
        pr_number?: number | undefined;
        pr_url?: string | undefined;
      }
    | undefined;
  attempt: number;
  version: number;
  created_at: string;
  updated_at: string;
  started_at?: string | undefined;
  completed_at?: string | undefined;
  duration_seconds?: number | undefined;
  eta_seconds?: number | undefined;
  stale: boolean;
  reported_at?: string | undefined;
  last_event_at?: string | undefined;
};

export type HistoryPoint = {
  timestamp: string;
  current: number | null;
  total: number | null;
  percentage: number | null;
  status: 'pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled';
  phase?: string | undefined;
  message?: string | undefined;
};

export type Project = {
  project_id: string;
  project_name: string;
  description?: string | undefined;
  status: 'active' | 'paused' | 'completed' | 'archived';
  owner: string;
  account_id?: string | undefined;
  resources: {
    github_repo?: string | undefined;
    s3_bucket?: string | undefined;
    cloudfront_distribution?: string | undefined;
    api_endpoint?: string | undefined;
  };
  metrics: {
    total_tasks: number;
    active_tasks: number;
    completed_tasks: number;
    failed_tasks: number;
    blocked_tasks: number;
    success_rate: number | null;
    avg_completion_time_seconds: number | null;
    last_updated: string;
  };
  version: number;
  created_at: string;
  updated_at: string;
};

export type Webhook = {
  webhook_id: string;
  project_id: string;
  url: string;
  events: readonly ('task.completed' | 'task.failed' | 'task.stale')[];
  active: boolean;
  secret?: string | undefined;
  version: number;
  created_at: string;
  updated_at: string;
  last_delivery: {
    delivery_id: string;
    event: 'task.completed' | 'task.failed' | 'task.stale' | 'webhook.test';
    task_id?: string | undefined;
    attempts: number;
    at: string;
    outcome: 'delivered' | 'retrying' | 'failed';
    status_code?: number | undefined;
    error?: string | undefined;
    next_attempt_at?: string | undefined;
  } | null;
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  error: string;
  detail: string;
  fields?: readonly { path: string; reason: string }[] | undefined;
};

export type TaskList = { tasks: readonly Task[]; next_cursor: string | null };

export type TaskCreated = { task_id: string; status: 'created'; task: Task };

export type TaskBatchResult = {
  results: readonly ({ status: 201; task_id: string; task: Task } | { status: number; problem: Problem })[];
};

export type ProgressBatchResult = {
  results: readonly ({ status: 200; task_id: string; task: Task } | { status: number; problem: Problem })[];
};

export type TaskHistory = { task_id: string; history: readonly HistoryPoint[]; next_cursor: string | null };

export type ProjectList = { projects: readonly Project[]; next_cursor: string | null };

export type ProjectCreated = { project_id: string; status: 'created'; project: Project };

export type WebhookList = { webhooks: readonly Webhook[] };

export type WebhookCreated = { webhook_id: string; status: 'created'; webhook: Webhook };

export type WebhookTest = { delivery_id: string; status: 'queued' };

export type LogResult = {
  events: number;
  lines: number;
  records: number;
  duplicates: number;
  late: number;
  oversized: number;
  tasks: readonly Task[];
};

export type LogTextResult = {
  events: number;
  lines: number;
  records: number;
  duplicates: number;
  late: number;
  oversized: number;
  tasks: readonly Task[];
  next_offset: number;
};

export type CollectResult = {
  message: string;
  records: number;
  groups: readonly { [key: string]: unknown }[];
};

export type Event = {
  id: string;
  event: 'task' | 'project';
  action: 'saved' | 'deleted';
  task_id?: string | undefined;
  project_id: string;
  version: number;
  task?: Task | undefined;
  project?: Project | undefined;
};

export type EventPage = { events: readonly Event[]; next: string; reset: boolean };

export type Health = { status: 'healthy' };

export type Readiness = {
  status: 'ready' | 'degraded' | 'unavailable';
  backends: { [key: string]: { status: 'up' | 'down'; latency_ms: number } };
};

export type NewTask = {
  task_id?: string | undefined;
  task_name?: string | undefined;
  task_type?: string | undefined;
  description?: string | undefined;
  project_id?: string | undefined;
  parent_id?: string | undefined;
  status?: 'pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled' | undefined;
  priority?: 'P0' | 'P1' | 'P2' | 'P3' | undefined;
  progress?: { current?: number | undefined; total?: number | null | undefined } | undefined;
  details?:
    | {
        phase?: string | undefined;
        current_step?: string | undefined;
        operation?: 'create' | 'update' | 'destroy' | 'hotswap' | 'rollback' | 'none' | undefined;
        outcome?:
          | 'completed'
          | 'no_changes'
          | 'failed'
          | 'rolled_back'
          | 'rollback_failed'
          | 'rolling_back'
          | 'in_progress'
          | undefined;
        stack_state?: string | undefined;
        failed_resources?: readonly string[] | undefined;
        retained_resources?: readonly string[] | undefined;
        log_group?: string | undefined;
        log_stream?: string | undefined;
        error_message?: string | undefined;
      }
    | undefined;
  labels?: unknown | undefined;
  metadata?: unknown | undefined;
  github?:
    | {
        issue_number?: number | undefined;
        issue_url?: string | undefined;
        pr_number?: number | undefined;
        pr_url?: string | undefined;
      }
    | undefined;
};

export type TaskPatch = {
  task_name?: string | undefined;
  task_type?: string | undefined;
  description?: string | null | undefined;
  project_id?: string | undefined;
  status?: 'pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled' | undefined;
  priority?: 'P0' | 'P1' | 'P2' | 'P3' | undefined;
  progress?: { current?: number | undefined; total?: number | null | undefined } | undefined;
  details?:
    | {
        phase?: string | null | undefined;
        current_step?: string | null | undefined;
        operation?: 'create' | 'update' | 'destroy' | 'hotswap' | 'rollback' | 'none' | null | undefined;
        outcome?:
          | 'completed'
          | 'no_changes'
          | 'failed'
          | 'rolled_back'
          | 'rollback_failed'
          | 'rolling_back'
          | 'in_progress'
          | null
          | undefined;
        stack_state?: string | null | undefined;
        failed_resources?: readonly string[] | null | undefined;
        retained_resources?: readonly string[] | null | undefined;
        log_group?: string | null | undefined;
        log_stream?: string | null | undefined;
        error_message?: string | null | undefined;
      }
    | null
    | undefined;
  labels?: unknown | null | undefined;
  metadata?: unknown | null | undefined;
  github?:
    | {
        issue_number?: number | null | undefined;
        issue_url?: string | null | undefined;
        pr_number?: number | null | undefined;
        pr_url?: string | null | undefined;
      }
    | null
    | undefined;
};

export type TaskBatch = { tasks: readonly NewTask[] };

export type ProgressReport = {
  current?: number | undefined;
  total?: number | null | undefined;
  status?: 'pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled' | undefined;
  phase?: string | undefined;
  message?: string | undefined;
  timestamp?: string | number | undefined;
};

export type TaskReport = {
  task_id: string;
  current?: number | undefined;
  total?: number | null | undefined;
  status?: 'pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled' | undefined;
  phase?: string | undefined;
  message?: string | undefined;
  timestamp?: string | number | undefined;
};

export type ProgressBatch = { reports: readonly TaskReport[] };

export type CancelRequest = { message?: string | undefined };

export type ReopenRequest = { status?: 'pending' | 'running' | undefined; message?: string | undefined };

export type NewProject = {
  project_id?: string | undefined;
  project_name: string;
  description?: string | undefined;
  status?: 'active' | 'paused' | 'completed' | 'archived' | undefined;
  owner?: string | undefined;
  account_id?: string | undefined;
  resources?:
    | {
        github_repo?: string | undefined;
        s3_bucket?: string | undefined;
        cloudfront_distribution?: string | undefined;
        api_endpoint?: string | undefined;
      }
    | undefined;
};

export type ProjectPatch = {
  project_name?: string | undefined;
  description?: string | null | undefined;
  status?: 'active' | 'paused' | 'completed' | 'archived' | undefined;
  owner?: string | undefined;
  account_id?: string | null | undefined;
  resources?:
    | {
        github_repo?: string | null | undefined;
        s3_bucket?: string | null | undefined;
        cloudfront_distribution?: string | null | undefined;
        api_endpoint?: string | null | undefined;
      }
    | null
    | undefined;
};

export type NewWebhook = {
  url: string;
  events?: readonly ('task.completed' | 'task.failed' | 'task.stale')[] | undefined;
  active?: boolean | undefined;
  secret?: string | undefined;
};

export type WebhookPatch = {
  url?: string | undefined;
  events?: readonly ('task.completed' | 'task.failed' | 'task.stale')[] | undefined;
  active?: boolean | undefined;
};

export type RotateRequest = { secret?: string | undefined };

export type LogBatch = {
  project_id?: string | undefined;
  log_group: string;
  log_stream: string;
  events: readonly { id?: string | undefined; timestamp: string | number; message: string }[];
};

export type CollectRequest = {
  log_group?: string | undefined;
  start_time?: string | number | undefined;
  end_time?: string | number | undefined;
};

/** What each operation takes and answers. */
export type Operations = {
  /** Whether the process lives. */
  getHealth: { input: Record<never, never>; answer: Health };
  /** Each backend and its latency. */
  getReadiness: { input: Record<never, never>; answer: Readiness };
  /** List tasks, newest update first. */
  listTasks: {
    input: {
      query?: {
        status?:
          | readonly ('pending' | 'running' | 'blocked' | 'completed' | 'failed' | 'cancelled')[]
          | undefined;
        project_id?: string | undefined;
        task_type?: string | undefined;
        parent_id?: string | undefined;
        label?: readonly string[] | undefined;
        q?: string | undefined;
        updated_since?: string | undefined;
        limit?: number | undefined;
        cursor?: string | undefined;
      };
    };
    answer: TaskList;
  };
  /** Create a task. */
  createTask: { input: { body: NewTask }; answer: TaskCreated };
  /** Read a task. */
  getTask: { input: { path: { task_id: string } }; answer: Task };
  /** Change a task by a merge patch (RFC 7396). */
  patchTask: { input: { path: { task_id: string }; body: TaskPatch }; answer: Task };
  /** Delete a task and its history. */
  deleteTask: { input: { path: { task_id: string } }; answer: undefined };
  /** Report progress. */
  reportProgress: { input: { path: { task_id: string }; body: ProgressReport }; answer: Task };
  /** Cancel a task. */
  cancelTask: { input: { path: { task_id: string }; body?: CancelRequest }; answer: Task };
  /** Begin a task that has ended anew, as its next attempt. */
  reopenTask: { input: { path: { task_id: string }; body?: ReopenRequest }; answer: Task };
  /** Read the history of a task, oldest first. */
  getTaskHistory: {
    input: {
      path: { task_id: string };
      query?: {
        from?: string | undefined;
        to?: string | undefined;
        limit?: number | undefined;
        cursor?: string | undefined;
      };
    };
    answer: TaskHistory;
  };
  /** Create up to 100 tasks. */
  createTasks: { input: { body: TaskBatch }; answer: TaskBatchResult };
  /** Report progress of up to 100 tasks. */
  reportProgressOfTasks: { input: { body: ProgressBatch }; answer: ProgressBatchResult };
  /** List projects. */
  listProjects: {
    input: { query?: { limit?: number | undefined; cursor?: string | undefined } };
    answer: ProjectList;
  };
  /** Create a project. */
  createProject: { input: { body: NewProject }; answer: ProjectCreated };
  /** Read a project and its metrics. */
  getProject: { input: { path: { project_id: string } }; answer: Project };
  /** Change a project by a merge patch (RFC 7396). */
  patchProject: { input: { path: { project_id: string }; body: ProjectPatch }; answer: Project };
  /** Delete a project that has no tasks. */
  deleteProject: { input: { path: { project_id: string } }; answer: undefined };
  /** List the webhooks of a project, oldest first. */
  listWebhooks: { input: { path: { project_id: string } }; answer: WebhookList };
  /** Create a webhook. */
  createWebhook: { input: { path: { project_id: string }; body: NewWebhook }; answer: WebhookCreated };
  /** Read a webhook and what came of its latest delivery. */
  getWebhook: { input: { path: { project_id: string; webhook_id: string } }; answer: Webhook };
  /** Change a webhook by a merge patch (RFC 7396). */
  patchWebhook: {
    input: { path: { project_id: string; webhook_id: string }; body: WebhookPatch };
    answer: Webhook;
  };
  /** Delete a webhook. */
  deleteWebhook: { input: { path: { project_id: string; webhook_id: string } }; answer: undefined };
  /** Give a webhook a new secret. */
  rotateWebhookSecret: {
    input: { path: { project_id: string; webhook_id: string }; body?: RotateRequest };
    answer: Webhook;
  };
  /** Send a webhook a message `webhook.test`. */
  testWebhook: { input: { path: { project_id: string; webhook_id: string } }; answer: WebhookTest };
  /** Send log lines. */
  sendLogs: { input: { body: LogBatch }; answer: LogResult };
  /** Send a log as raw text, in pieces cut anywhere. */
  sendLogText: {
    input: {
      query?: {
        log_group?: string | undefined;
        log_stream?: string | undefined;
        project_id?: string | undefined;
        offset?: string | undefined;
        last?: 'true' | 'false' | undefined;
      };
      body: string;
    };
    answer: LogTextResult;
  };
  /** Collect logs now. */
  collect: { input: { body?: CollectRequest }; answer: CollectResult };
  /** Changes of tasks and projects as they happen. */
  getEvents: {
    input: {
      query?: { since?: string | undefined; project_id?: string | undefined; task_id?: string | undefined };
    };
    answer: EventPage | undefined;
  };
  /** This contract. */
  getOpenApi: { input: Record<never, never>; answer: { [key: string]: unknown } };
  /** This contract as a page. */
  getDocs: { input: Record<never, never>; answer: string };
};

/** Method and path of each operation. */
export const OPERATIONS = {
  getHealth: ['GET', '/health'],
  getReadiness: ['GET', '/health/ready'],
  listTasks: ['GET', '/api/tasks'],
  createTask: ['POST', '/api/tasks'],
  getTask: ['GET', '/api/tasks/{task_id}'],
  patchTask: ['PATCH', '/api/tasks/{task_id}'],
  deleteTask: ['DELETE', '/api/tasks/{task_id}'],
  reportProgress: ['POST', '/api/tasks/{task_id}/progress'],
  cancelTask: ['POST', '/api/tasks/{task_id}/cancel'],
  reopenTask: ['POST', '/api/tasks/{task_id}/reopen'],
  getTaskHistory: ['GET', '/api/tasks/{task_id}/history'],
  createTasks: ['POST', '/api/tasks:batch'],
  reportProgressOfTasks: ['POST', '/api/tasks:progress'],
  listProjects: ['GET', '/api/projects'],
  createProject: ['POST', '/api/projects'],
  getProject: ['GET', '/api/projects/{project_id}'],
  patchProject: ['PATCH', '/api/projects/{project_id}'],
  deleteProject: ['DELETE', '/api/projects/{project_id}'],
  listWebhooks: ['GET', '/api/projects/{project_id}/webhooks'],
  createWebhook: ['POST', '/api/projects/{project_id}/webhooks'],
  getWebhook: ['GET', '/api/projects/{project_id}/webhooks/{webhook_id}'],
  patchWebhook: ['PATCH', '/api/projects/{project_id}/webhooks/{webhook_id}'],
  deleteWebhook: ['DELETE', '/api/projects/{project_id}/webhooks/{webhook_id}'],
  rotateWebhookSecret: ['POST', '/api/projects/{project_id}/webhooks/{webhook_id}/rotate'],
  testWebhook: ['POST', '/api/projects/{project_id}/webhooks/{webhook_id}/test'],
  sendLogs: ['POST', '/api/logs'],
  sendLogText: ['POST', '/api/logs/text'],
  collect: ['POST', '/api/collect'],
  getEvents: ['GET', '/api/events'],
  getOpenApi: ['GET', '/openapi.json'],
  getDocs: ['GET', '/docs'],
} as const;
