import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from '../../ports/logger.ts';

export type SdkOptions = Readonly<{
  /** The service that spans belong to, unless `OTEL_SERVICE_NAME` is set. */
  service: string;
  version: string;
  logger: Logger;
}>;

/** `close` sends what has not been sent yet. It never fails. */
export type Sdk = Readonly<{ tracer: Tracer; close(): Promise<void> }>;

/**
 * Registers the SDK of OpenTelemetry for this process. It reads its standard variables from the environment: where to
 * send spans and with which headers, the sampler, the resource, sizes and times of batches.
 */
export const openTelemetrySdk = ({ service, version, logger }: SdkOptions): Sdk => {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': service, 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }));
  const exporter = reportingExporter(new OTLPTraceExporter(), logger);
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  return {
    tracer: provider.getTracer(service, version),
    // The exporter has logged why.
    close: () => provider.shutdown().catch(() => undefined),
  };
};

/** `ExportResultCode.SUCCESS` of `@opentelemetry/core`, which is not needed otherwise. */
const SUCCESS = 0;

/** An exporter that logs when spans begin to be lost, and when they are accepted again. */
const reportingExporter = (exporter: SpanExporter, logger: Logger): SpanExporter => {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== SUCCESS;
        if (hasFailed && !isFailing)
          logger.warn('The collector of traces does not accept them; they are dropped', {
            reason: reasonOf(result.error),
          });
        if (!hasFailed && isFailing) logger.info('The collector of traces accepts them again');
        isFailing = hasFailed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
};

/** How long the collector may take to answer an empty batch, in milliseconds. */
const PROBE_MS = 3_000;

/** Sends an empty batch to the configured collector. Undefined if it is accepted, else the reason why not. */
export const probeCollector = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    new OTLPTraceExporter({ timeoutMillis: PROBE_MS }).export([], ({ code, error }) =>
      resolve(code === SUCCESS ? undefined : reasonOf(error)),
    );
  });

/** The code, e.g. ECONNREFUSED or 401, and the message, one of which may be missing. */
const reasonOf = (error: Error | undefined): string => {
  const code = error !== undefined && 'code' in error ? String(error.code) : '';
  const message = error?.message ?? '';
  return message.includes(code) ? message : `${code} ${message}`.trim();
};
