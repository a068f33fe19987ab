import type { ApiKey, Scope } from '../domain/api-keys.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { CollectorService } from '../services/collector.ts';
import type { EventService } from '../services/events.ts';
import type { HealthService } from '../services/health.ts';
import type { IdempotencyService, OnceContext } from '../services/idempotency.ts';
import type { LogTextService } from '../services/log-text.ts';
import type { ProgressService } from '../services/progress.ts';
import type { ProjectService } from '../services/projects.ts';
import type { TaskLister } from '../services/task-list.ts';
import type { TaskService } from '../services/tasks.ts';
import type { WebhookService } from '../services/webhooks.ts';
import type { Principal } from './auth.ts';
import type { BrowserGuard } from './browser-guard.ts';
import type { Cursors } from './cursor.ts';
import type { HttpRequest, HttpResponse } from './message.ts';

export type Context = Readonly<{
  request: HttpRequest;
  principal: Principal;
  params: Readonly<Record<string, string>>;
  /** The query parameters; those named here may come several times. */
  query(...repeatable: readonly string[]): Query;
  /** Set where the request is answered once under an Idempotency-Key. */
  once?: OnceContext | undefined;
}>;

export type Query = Readonly<Record<string, string | readonly string[]>>;

export type Handler = (context: Context) => Promise<HttpResponse> | HttpResponse;

/** What answers one method of a path. `name` is its operation in the contract; `open` needs no key. */
export type Operation = Readonly<{
  name: string;
  scope: Scope | 'open';
  /** The media types that it answers in, JSON by default. */
  types?: readonly string[];
  /** Whether it begins while the request is being counted: it only reads, and what it has read can be thrown away. */
  isEager?: boolean;
  handle: Handler;
}>;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A path, its parameters as `:name`, and what it does by method. */
export type Route = Readonly<{ path: string; methods: Readonly<Partial<Record<Method, Operation>>> }>;

export type HttpServices = Readonly<{
  tasks: TaskService;
  projects: ProjectService;
  webhooks: WebhookService;
  progress: ProgressService;
  logText: LogTextService;
  collector: CollectorService;
  events: EventService;
  listTasks: TaskLister;
  health: HealthService;
  idempotency: IdempotencyService;
  cursors: Cursors;
}>;

export type HttpOptions = Readonly<{
  /** Whether an answer may be a stream. Where a stream is billed by the second, events are told at once instead. */
  streaming?: boolean | undefined;
  /** Who may call; without any, everybody may. */
  apiKeys?: readonly ApiKey[] | undefined;
  /** Counts the requests of each key. */
  rateLimiter?: RateLimiter | undefined;
  /** Origins whose pages may call; `*` is any. */
  corsOrigins?: readonly string[] | undefined;
  /** Refuses what other web pages send; for a server that asks for no key. */
  browserGuard?: BrowserGuard | undefined;
}>;
