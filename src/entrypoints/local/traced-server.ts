import {
  describeRequest,
  endCurrentRequest,
  followRequest,
  spanFields,
} from '../../adapters/opentelemetry/requests.ts';
import { openTelemetrySdk } from '../../adapters/opentelemetry/sdk.ts';
import { openTelemetryTracer } from '../../adapters/opentelemetry/tracer.ts';
import { pinoLogger } from '../../adapters/system/logger.ts';
import { ownVersion } from '../../cli/version.ts';
import type { Config } from '../../config.ts';
import { tracedPorts } from '../../container/traced-ports.ts';
import type { ServerTracing } from './tracing.ts';

const SERVICE = 'miyabi-progress';

/** Loaded only if traces are sent: a span for each request, and for each call of DynamoDB and Redis within it. */
export const tracedServer = (config: Config): ServerTracing => {
  const logger = pinoLogger({ level: config.logLevel, context: spanFields });
  const { tracer, close } = openTelemetrySdk({ service: SERVICE, version: ownVersion(), logger });
  const calls = openTelemetryTracer(tracer);
  return {
    overrides: { logger },
    decorate: (ports) => tracedPorts(config, ports, calls),
    follow(incoming, outgoing, handle) {
      const { method = 'GET', url = '/', httpVersion, headers } = incoming;
      const path = url.split('?', 1)[0] ?? '/';
      const request = followRequest(tracer, { method, path, protocolVersion: httpVersion, headers });
      outgoing.once('close', () => request.end(outgoing.headersSent ? outgoing.statusCode : undefined));
      request.run(handle);
    },
    observe:
      ({ method, id }) =>
      (route, { status, body }) => {
        describeRequest({ method, route: pathOf(route), id });
        // A stream lasts for hours, and would be seen only then.
        if (typeof body !== 'string') endCurrentRequest(status);
      },
    close,
  };
};

/** The path of a route such as `GET /api/tasks`; requests of no route are `other`. */
const pathOf = (route: string): string | undefined => /^\S+ (.+)$/.exec(route)?.[1];
