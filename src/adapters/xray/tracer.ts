import { errorKind } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { Tracer } from '../../ports/tracer.ts';

export type XrayTracerOptions = Readonly<{
  /** The trace header of the current invocation, as `Root=1-…;Parent=…;Sampled=1`. */
  header: () => string | undefined;
  /** Takes a message for the X-Ray daemon. */
  send: (message: string) => void;
  clock: Clock;
  steadyClock: Clock;
  random: Random;
}>;

/** The daemon expects it in front of each document. */
const HEADER = '{"format":"json","version":1}\n';

/** Reports each call as a subsegment of the function's segment, where the trace is sampled. */
export const xrayTracer = ({ header, send, clock, steadyClock, random }: XrayTracerOptions): Tracer => ({
  begin(backend, operation) {
    const { Root: trace, Parent: parent, Sampled: sampled } = fieldsOf(header() ?? '');
    if (trace === undefined || parent === undefined || sampled !== '1') return () => undefined;
    const began = clock.now();
    const from = steadyClock.now();
    return (error) => {
      const subsegment = {
        type: 'subsegment',
        id: idOf(random),
        name: backend,
        trace_id: trace,
        parent_id: parent,
        namespace: 'remote',
        start_time: began / 1_000,
        end_time: (began + steadyClock.now() - from) / 1_000,
        annotations: { operation },
        ...(error === undefined ? {} : failureOf(error, random)),
      };
      send(`${HEADER}${JSON.stringify(subsegment)}`);
    };
  },
});

const fieldsOf = (header: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    header.split(';').map((field) => {
      const [name = '', value] = field.split('=');
      return [name.trim(), value];
    }),
  );

const failureOf = (error: unknown, random: Random) => {
  const { type, isFault } = errorKind(error);
  const message = error instanceof Error ? error.message : String(error);
  return {
    ...(isFault ? { fault: true } : { error: true }),
    cause: { exceptions: [{ id: idOf(random), type, message }] },
  };
};

/** 16 hexadecimal digits, unique within a trace. */
const idOf = (random: Random): string => {
  const half = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
};
