import type { ObserveRequest } from '../../api/route.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Ports } from '../../ports/ports.ts';

/** The metrics of the API: of the service, and of its requests by route. */
export type RequestMetrics = Readonly<{
  /** The cache of tasks, which counts how often it has an answer. */
  counted(ports: Pick<Ports, 'taskCache'>): Pick<Ports, 'taskCache'>;
  observe: ObserveRequest;
}>;

/** How long what was measured waits for more, in milliseconds. A process that is frozen then publishes it when it thaws. */
const FLUSH_MS = 1_000;

/** `metricsOf` makes the metrics of a route, or without one those of the service. Routes are few and known. */
export const requestMetrics = ({
  metricsOf,
  clock,
}: Readonly<{ metricsOf: (route?: string) => Metrics; clock: Clock }>): RequestMetrics => {
  const service = metricsOf();
  const routes = new Map<string, Metrics>();
  let isFirst = true;
  let flushedAt = Number.NEGATIVE_INFINITY;

  const ofRoute = (route: string): Metrics => {
    const known = routes.get(route) ?? metricsOf(route);
    routes.set(route, known);
    return known;
  };

  return {
    counted: ({ taskCache: cache }) => ({
      taskCache: {
        async find(taskId) {
          const found = await cache.find(taskId);
          recordLookup(service, found !== undefined);
          return found;
        },
        save: (tasks, asOf) => cache.save(tasks, asOf),
        markAbsent: (taskId, asOf) => cache.markAbsent(taskId, asOf),
        remove: (taskId) => cache.remove(taskId),
      },
    }),

    observe() {
      const began = clock.now();
      return (route, { status }) => {
        const now = clock.now();
        if (isFirst) recordStart(service);
        isFirst = false;
        record(ofRoute(route), status, now - began);
        if (now - flushedAt < FLUSH_MS) return;
        flushedAt = now;
        service.flush();
        for (const metrics of routes.values()) metrics.flush();
      };
    },
  };
};

const recordStart = (metrics: Metrics): void => metrics.count('ColdStarts', 1);

const recordLookup = (metrics: Metrics, isHit: boolean): void => {
  if (isHit) metrics.count('CacheHits', 1);
  else metrics.count('CacheMisses', 1);
};

const record = (metrics: Metrics, status: number, ms: number): void => {
  metrics.duration('RequestDuration', ms);
  if (status >= 500) metrics.count('ServerErrors', 1);
  else if (status >= 400) metrics.count('ClientErrors', 1);
};
