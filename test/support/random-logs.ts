import { readdirSync, readFileSync } from 'node:fs';
import type { LogEvent } from '../../src/domain/logs/event.ts';

/** A line of a stream, in the order and at the time in which a program wrote it: milliseconds after the start. */
export type Written = Readonly<{ log_group: string; log_stream: string; after: number; message: string }>;

const FIXTURES = new URL('../fixtures/cdk/', import.meta.url);
const LONGEST = 25;

/** Logs of CDK as it printed them, line by line; long ones are left out. */
const DEPLOYMENTS: readonly (readonly string[])[] = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.log'))
  .toSorted()
  .map((file) =>
    readFileSync(new URL(file, FIXTURES), 'utf8')
      .replace(/^#.*\n/gm, '')
      .trimEnd()
      .split('\n'),
  )
  .filter((lines) => lines.length <= LONGEST);

const STATUSES = ['running', 'running', 'running', 'blocked', 'completed', 'failed'];

/**
 * What agents and deployments may have written within `spanMs`: several streams of either, tasks that several streams
 * speak of, a stream that is one task, counters that name no task, reports of one moment, lines that say nothing.
 */
export const randomLogs = (random: () => number, spanMs: number): readonly Written[] => {
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

  const agents = (log_stream: string, tasks: readonly (string | undefined)[]): Written[] => {
    let after = below(spanMs / 4);
    return Array.from({ length: 2 + below(8) }, (_, index) => {
      after += pick([0, 1, 40, 900, below(spanMs / 12)]);
      const task_id = pick(tasks);
      const report = {
        ...(task_id === undefined ? {} : { task_id }),
        ...(random() < 0.7
          ? { progress: { current: index * 2 + below(3), total: 30 } }
          : { progress: below(101) }),
        ...(random() < 0.3 ? { status: pick(STATUSES) } : {}),
        ...(random() < 0.2 ? { current_step: `step ${index}` } : {}),
      };
      const message = random() < 0.1 ? `nothing to see ${index}` : JSON.stringify(report);
      // Several lines in one event, each of them a signal.
      const twice =
        random() < 0.1 ? `${message}\n${JSON.stringify({ ...report, progress: below(101) })}` : message;
      return { log_group: 'agents', log_stream, after, message: twice };
    });
  };

  const deployment = (log_stream: string): Written[] => {
    let after = below(spanMs / 2);
    return pick(DEPLOYMENTS).map((message) => {
      after += pick([0, 0, 5, 700, 3_000]);
      return { log_group: 'deploys', log_stream, after, message };
    });
  };

  const streams = [
    ...Array.from({ length: 1 + below(3) }, (_, index) => agents(`run-${index}`, ['a', 'b', 'c', undefined])),
    ...(random() < 0.5 ? [agents('task-7', [undefined])] : []),
    ...Array.from({ length: 1 + below(2) }, (_, index) => deployment(`deploy-${index}`)),
  ];
  return streams.flat().toSorted((one, other) => one.after - other.after);
};

type Placed = LogEvent & Readonly<{ log_group: string; log_stream: string }>;
type Stream = Readonly<{ log_group: string; log_stream: string; events: readonly LogEvent[] }>;

/** Events by group and stream, each stream's in order. */
export const byStream = (events: readonly Placed[]): readonly Stream[] => {
  const streams = new Map<string, Stream & { events: LogEvent[] }>();
  for (const { log_group, log_stream, ...event } of events) {
    const key = `${log_group} ${log_stream}`;
    const stream = streams.get(key) ?? { log_group, log_stream, events: [] };
    streams.set(key, stream);
    stream.events.push(event);
  }
  return [...streams.values()];
};
