import type * as v from 'valibot';
import type { ApiKey, Scope } from '../domain/api-keys.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { CollectorService } from '../services/collector.ts';
import type { EventService } from '../services/events.ts';
import type { HealthService } from '../services/health.ts';
import type { IdempotencyService, OnceContext } from '../services/idempotency.ts';
import type { KeyService } from '../services/keys.ts';
import type { LinkSecret } from '../services/link-secret.ts';
import type { LogTextService } from '../services/log-text.ts';
import type { MetricsService } from '../services/metrics.ts';
import type { PingService } from '../services/pings.ts';
import type { PostedLogs } from '../services/posted-logs.ts';
import type { ProjectService } from '../services/projects.ts';
import type { TaskLister } from '../services/task-list.ts';
import type { TaskLogService } from '../services/task-logs.ts';
import type { TaskService } from '../services/tasks.ts';
import type { WebhookService } from '../services/webhooks.ts';
import type { Principal } from './auth.ts';
import type { BrowserGuard } from './browser-guard.ts';
import type { Cursors } from './cursor.ts';
import type { HttpRequest, HttpResponse } from './message.ts';

export type HttpServices = Readonly<{
  tasks: TaskService;
  projects: ProjectService;
  webhooks: WebhookService;
  keys: KeyService;
  postedLogs: PostedLogs;
  pings: PingService;
  logText: LogTextService;
  taskLogs: TaskLogService;
  collector: CollectorService;
  events: EventService;
  listTasks: TaskLister;
  health: HealthService;
  metrics: MetricsService;
  idempotency: IdempotencyService;
  linkSecret: LinkSecret;
  cursors: Cursors;
}>;

export type HttpOptions = Readonly<{
  /**
   * Whether an answer may be a stream. If a stream would be billed by the second, events are sent as an answer that
   * ends.
   */
  streaming?: boolean | undefined;
  /** Authenticates the caller; absent if everyone may call. */
  apiKeys?: readonly ApiKey[] | undefined;
  /** Counts the requests of each key. */
  rateLimiter?: RateLimiter | undefined;
  /** Origins whose pages may call; `*` is any. */
  corsOrigins?: readonly string[] | undefined;
  /** Refuses requests of other web pages; for a server without keys. */
  browserGuard?: BrowserGuard | undefined;
  /** Measures each request. A request of no route counts as `other`. */
  observe?: ObserveRequest | undefined;
}>;

/**
 * Called when a request begins; what it returns is called with the route, e.g. `GET /api/tasks`, and the answer, whose
 * body has not been sent yet.
 */
export type ObserveRequest = (
  request: HttpRequest,
) => (route: string, response: Pick<HttpResponse, 'status' | 'body'>) => void;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A schema by its input and output types. */
export type Schema<In, Out> = v.BaseSchema<In, Out, v.BaseIssue<unknown>>;

/** The names in braces of a path. */
export type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsOf<Rest>
  : never;

/** A request body: its media types, and its schema; without a schema the handler gets the bytes. */
export type Body<In, Out> = Readonly<{
  types: readonly string[];
  schema?: Schema<In, Out>;
  /** The body may be left out; then it is read as `{}`. */
  isOptional?: boolean;
  /** Bytes that are not UTF-8 are accepted, as a log may contain anything. */
  anyBytes?: boolean;
}>;

/** An answer by media type, undefined for a stream of text; without any it has no body. */
export type Answer<Out> = Readonly<{
  description: string;
  headers?: readonly string[];
  content?: Readonly<Record<string, Schema<unknown, Out> | undefined>>;
}>;

/** The input of a handler: the parts of the request, checked by the route's schemas. */
export type Context<Param extends string, Query, Input> = Readonly<{
  request: HttpRequest;
  principal: Principal;
  params: Readonly<Record<Param, string>>;
  query: Query;
  body: Input;
  /** Set if the request has an Idempotency-Key. */
  once?: OnceContext | undefined;
  /** Whether an answer may be a stream. */
  streaming: boolean;
}>;

export type Route<
  M extends Method = Method,
  Path extends string = string,
  QueryIn = unknown,
  Query = unknown,
  BodyIn = unknown,
  Input = unknown,
  Answers extends Readonly<Record<number, Answer<unknown>>> = Readonly<Record<number, Answer<unknown>>>,
> = Readonly<{
  method: M;
  /** As in OpenAPI, parameters in braces. */
  path: Path;
  /** The scope that the key must have; `open` needs no key. */
  scope: Scope | 'open';
  summary: string;
  description?: string;
  query?: Schema<QueryIn, Query>;
  body?: Body<BodyIn, Input>;
  answers: Answers;
  /** The answer has an ETag for conditional requests: If-None-Match on GET and If-Match on a write. */
  conditional?: boolean;
  /** Last-Event-ID says where to continue. */
  resumable?: boolean;
  /** It may begin before the request is counted: it only reads, and the result can be discarded. */
  isEager?: boolean;
  // A method, so that a route with narrower input still is a `Route`.
  handle(
    services: HttpServices,
    context: Context<ParamsOf<Path>, Query, Input>,
  ): Promise<HttpResponse> | HttpResponse;
}>;

/** A route: one value from which validation, contract, pages and client are derived. */
export const route = <
  const M extends Method,
  const Path extends string,
  const Answers extends Readonly<Record<number, Answer<unknown>>>,
  QueryIn = undefined,
  Query = undefined,
  BodyIn = undefined,
  Input = undefined,
>(
  value: Route<M, Path, QueryIn, Query, BodyIn, Input, Answers>,
): Route<M, Path, QueryIn, Query, BodyIn, Input, Answers> => value;

export const JSON_TYPE = 'application/json';
const JSON_TYPES = [JSON_TYPE];
/** A merge patch may be sent as plain JSON too. */
const PATCH_TYPES = ['application/merge-patch+json', JSON_TYPE];

export const jsonBody = <In, Out>(
  schema: Schema<In, Out>,
  options: Readonly<{ isOptional?: boolean; anyBytes?: boolean }> = {},
): Body<In, Out> => ({ types: JSON_TYPES, schema, ...options });

export const mergePatch = <In, Out>(schema: Schema<In, Out>): Body<In, Out> => ({
  types: PATCH_TYPES,
  schema,
});

export const textBody: Body<string | Uint8Array, Uint8Array> = { types: ['text/plain'] };

export const jsonAnswer = <Out>(
  description: string,
  schema: Schema<unknown, Out>,
  ...headers: readonly string[]
): Answer<Out> => ({ description, headers, content: { [JSON_TYPE]: schema } });

export const emptyAnswer = (description: string, ...headers: readonly string[]): Answer<undefined> => ({
  description,
  headers,
});
