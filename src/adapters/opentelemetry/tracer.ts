import { type Tracer as OpenTelemetry, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { errorKind } from '../../domain/errors.ts';
import type { TracedBackend, Tracer } from '../../ports/tracer.ts';

/** As the semantic conventions for databases name them. */
const SYSTEMS: Record<TracedBackend, string> = { DynamoDB: 'aws.dynamodb', Redis: 'redis' };

const ignore = (): void => undefined;

/** Reports each call as a client span of the request that is being answered. */
export const openTelemetryTracer = (tracer: OpenTelemetry): Tracer => ({
  begin(backend, operation) {
    // Calls of background jobs belong to no request, nor do those that a request has left running.
    if (trace.getActiveSpan()?.isRecording() !== true) return ignore;
    const span = tracer.startSpan(operation, {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': SYSTEMS[backend], 'db.operation.name': operation },
    });
    return (error) => {
      if (error !== undefined) {
        const { type, isFault } = errorKind(error);
        span.setAttribute('error.type', type);
        const message = error instanceof Error ? error.message : String(error);
        if (isFault) span.setStatus({ code: SpanStatusCode.ERROR, message });
      }
      span.end();
    };
  },
});
