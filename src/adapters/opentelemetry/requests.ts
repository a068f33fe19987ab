import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { defined } from '../../domain/defined.ts';
import type { LogFields } from '../../ports/logger.ts';

/** The head of a request. Header names are in lower case; the query is left out, since it may hold a secret. */
export type RequestHead = Readonly<{
  method: string;
  path: string;
  protocolVersion: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}>;

/** A request that is being followed. */
export type FollowedRequest = Readonly<{
  /** Runs the handler; everything that it starts is part of the trace. */
  run(handle: () => void): void;
  /** Reports it, with the status of its answer if there was one. Only the first call counts. */
  end(status: number | undefined): void;
}>;

/** Begins a server span for a request, which continues the trace that its `traceparent` names. */
export const followRequest = (
  tracer: Tracer,
  { method, path, protocolVersion, headers }: RequestHead,
): FollowedRequest => {
  const caller = propagation.extract(ROOT_CONTEXT, headers);
  const isKnown = METHODS.has(method);
  const span = tracer.startSpan(
    isKnown ? method : 'HTTP',
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': isKnown ? method : '_OTHER',
        'url.scheme': 'http',
        'url.path': path,
        'network.protocol.version': protocolVersion,
        ...defined({ 'user_agent.original': oneOf(headers['user-agent']) }),
        ...(isKnown ? {} : { 'http.request.method_original': method }),
      },
    },
    caller,
  );
  return {
    run: (handle) => context.with(trace.setSpan(caller, span), handle),
    end: (status) => endSpan(span, status),
  };
};

/** Adds to the span of the current request what only the application knows. `route` is undefined for an unknown path. */
export const describeRequest = ({
  method,
  route,
  id,
}: Readonly<{ method: string; route: string | undefined; id: string | undefined }>): void => {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return;
  if (id !== undefined) span.setAttribute('miyabi.request_id', id);
  if (route === undefined) return;
  span.setAttribute('http.route', route);
  span.updateName(`${method} ${route}`);
};

/** Reports the current request before its answer has ended. */
export const endCurrentRequest = (status: number): void => {
  const span = trace.getActiveSpan();
  if (span !== undefined) endSpan(span, status);
};

/** Fields that link a log line to the span of the current request. */
export const spanFields = (): LogFields => {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
};

const endSpan = (span: Span, status: number | undefined): void => {
  if (!span.isRecording()) return;
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  if (status !== undefined && status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
};

/** The methods of the semantic conventions. A caller may invent others, which must not become names of spans. */
const METHODS: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  ...['OPTIONS', 'CONNECT', 'TRACE'],
]);

const oneOf = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];
