import { MiyabiError } from '../domain/errors.ts';
import { COUNTED_KINDS, type CountedKind } from '../domain/projects/metrics.ts';
import { type Project, tasksByKind } from '../domain/projects/project.ts';
import type { Ports } from '../ports/ports.ts';
import { allPages } from './all-pages.ts';
import type { ProjectService } from './projects.ts';
import { DURATION_BUCKETS, type DurationHistogram, type Telemetry } from './telemetry.ts';

/** One figure; `name` is that of its family, with a suffix in a histogram. */
export type Sample = Readonly<{ name: string; labels: Readonly<Record<string, string>>; value: number }>;

/** Figures of one kind, in Prometheus' terms. */
export type MetricFamily = Readonly<{
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: readonly Sample[];
}>;

export type MetricsService = Readonly<{
  /**
   * Figures for monitoring. With a project, only those of its tasks: the others are about everyone's.
   *
   * @throws MiyabiError `not_found` if metrics are turned off; `unavailable` if the projects cannot be read.
   */
  read(projectId?: string): Promise<readonly MetricFamily[]>;
}>;

const PAGE = 100;
/** So many projects are read; the ones after them are not counted. */
const MAX_READ = 1_000;
/** So many have series of their own, those with the most tasks; the others are one. */
const MAX_NAMED = 100;
/** No project can have this id. */
const OTHER_PROJECTS = '(other)';

export const metricsService = ({
  projectService: projects,
  telemetry,
  clock,
  isOn,
}: Pick<Ports, 'clock'> &
  Readonly<{ projectService: ProjectService; telemetry: Telemetry; isOn: boolean }>): MetricsService => ({
  async read(projectId) {
    if (!isOn) throw new MiyabiError('not_found', 'Metrics are off here; METRICS=true turns them on');
    if (projectId !== undefined) {
      const project = await projects.find(projectId);
      return [taskFamily(project === undefined ? [] : [project])];
    }
    const found: Project[] = [];
    for await (const page of allPages((after: Readonly<{ after?: string }>) =>
      projects.list({ limit: PAGE, ...after }),
    )) {
      found.push(...page);
      if (found.length >= MAX_READ) break;
    }
    return [taskFamily(found), ...processFamilies(telemetry, clock.now())];
  },
});

type Counts = ReturnType<typeof tasksByKind>;

const countsOf = ({ metrics }: Project): Counts => tasksByKind(metrics);

const taskFamily = (projects: readonly Project[]): MetricFamily => {
  const byTasks = projects.toSorted((a, b) => b.metrics.total_tasks - a.metrics.total_tasks);
  const counts = byTasks
    .slice(0, MAX_NAMED)
    .map((project): readonly [string, Counts] => [project.project_id, countsOf(project)]);
  const others = byTasks.slice(MAX_NAMED).map(countsOf);
  if (others.length > 0) {
    const sum = (status: CountedKind) => others.reduce((total, one) => total + one[status], 0);
    counts.push([
      OTHER_PROJECTS,
      {
        active: sum('active'),
        blocked: sum('blocked'),
        completed: sum('completed'),
        failed: sum('failed'),
        cancelled: sum('cancelled'),
      },
    ]);
  }
  return {
    name: 'miyabi_tasks',
    help: 'Tasks by project and status; active is pending or running.',
    type: 'gauge',
    samples: counts.flatMap(([project, byStatus]) =>
      COUNTED_KINDS.map((status) => ({
        name: 'miyabi_tasks',
        labels: { project, status },
        value: byStatus[status],
      })),
    ),
  };
};

const family = (
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  ...samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
): MetricFamily => ({
  name,
  help,
  type,
  samples: samples.map(([labels, value]) => ({ name, labels, value })),
});

const processFamilies = (counter: Telemetry, now: number): readonly MetricFamily[] => {
  const figures = counter.figures();
  const groups = [...figures.groups];
  return [
    {
      name: 'miyabi_task_duration_seconds',
      help: 'Durations of tasks that ended since the start of this process.',
      type: 'histogram',
      samples: [...figures.durations].flatMap(([status, histogram]) => histogramOf(status, histogram)),
    },
    family('counter', 'miyabi_log_events_total', 'Log events taken in, by post and collector.', [
      {},
      figures.logEvents,
    ]),
    family('counter', 'miyabi_log_lines_total', 'Log lines read in them.', [{}, figures.logLines]),
    family('counter', 'miyabi_log_signals_total', 'Lines that said something about a task.', [
      {},
      figures.logSignals,
    ]),
    family(
      'counter',
      'miyabi_task_cache_reads_total',
      'Reads of single tasks, by whether the cache had them.',
      [{ result: 'hit' }, figures.cacheHits],
      [{ result: 'miss' }, figures.cacheMisses],
    ),
    family(
      'counter',
      'miyabi_collector_runs_total',
      'Reads of a log group by the collector, by result.',
      ...groups.flatMap(
        ([log_group, { collected, failed }]) =>
          [
            [{ log_group, result: 'collected' }, collected],
            [{ log_group, result: 'failed' }, failed],
          ] as const,
      ),
    ),
    family(
      'gauge',
      'miyabi_collector_lag_seconds',
      'Seconds since a log group was last read without a failure, or since the start of this process.',
      ...groups.map(
        ([log_group, { collectedAt = figures.startedAt }]) =>
          [{ log_group }, Math.max(0, now - collectedAt) / 1_000] as const,
      ),
    ),
    family(
      'gauge',
      'miyabi_process_start_time_seconds',
      'When this process started, in seconds since the epoch.',
      [{}, figures.startedAt / 1_000],
    ),
  ];
};

const histogramOf = (status: string, { counts, sum }: DurationHistogram): readonly Sample[] => {
  const name = 'miyabi_task_duration_seconds';
  let count = 0;
  const buckets = counts.map((inBucket, index): Sample => {
    count += inBucket;
    return {
      name: `${name}_bucket`,
      labels: { status, le: String(DURATION_BUCKETS[index] ?? '+Inf') },
      value: count,
    };
  });
  return [
    ...buckets,
    { name: `${name}_sum`, labels: { status }, value: sum },
    { name: `${name}_count`, labels: { status }, value: count },
  ];
};
