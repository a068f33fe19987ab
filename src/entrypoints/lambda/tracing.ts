import { systemClock } from '../../adapters/system/clock.ts';
import { xrayDaemon } from '../../adapters/xray/daemon.ts';
import { xrayTracer } from '../../adapters/xray/tracer.ts';
import type { Config } from '../../config.ts';
import { tracedPorts } from '../../container/traced-ports.ts';
import type { Ports } from '../../ports/ports.ts';

/** Where a runtime that handles several invocations at once keeps the trace header of each. */
type Runtime = Readonly<{ awslambda?: { InvokeStore?: { getXRayTraceId?: () => string | undefined } } }>;

const traceHeader = (): string | undefined => {
  // The types of Lambda do not have it yet.
  const { awslambda } = globalThis as typeof globalThis & Runtime;
  return awslambda?.InvokeStore?.getXRayTraceId?.() ?? process.env['_X_AMZN_TRACE_ID'];
};

/** Loaded only with `TRACING`. Sends a subsegment for each call of DynamoDB and Redis to the X-Ray daemon of Lambda. */
export const tracedWith = (config: Config): ((ports: Ports) => Partial<Ports>) => {
  const { AWS_XRAY_DAEMON_ADDRESS: address } = process.env;
  const send = address === undefined ? undefined : xrayDaemon(address);
  if (send === undefined) return () => ({});
  const tracer = xrayTracer({
    header: traceHeader,
    send,
    clock: systemClock(),
    // `performance` is `Date` in the bundles, and a millisecond is long for Redis.
    steadyClock: { now: () => Number(process.hrtime.bigint()) / 1_000_000 },
    random: Math.random,
  });
  return (ports) => tracedPorts(config, ports, tracer);
};
