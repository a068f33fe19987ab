import { defined } from '../domain/defined.ts';
import { isMiyabiError } from '../domain/errors.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import { attemptsOf } from '../domain/retry.ts';
import type { Progress } from '../domain/tasks/progress.ts';
import type { TaskStatus } from '../domain/tasks/status.ts';
import type { LogGroupState, StreamEvents } from '../ports/log-source.ts';
import type { Ports } from '../ports/ports.ts';
import { keyedMutex } from './keyed-mutex.ts';
import type { ProgressService } from './progress.ts';
import type { Telemetry } from './telemetry.ts';

/** What to collect: one log group or all; a window of time, epoch milliseconds, or everything since the checkpoint. */
export type CollectRequest = Readonly<{
  log_group?: string | undefined;
  start_time?: number | undefined;
  end_time?: number | undefined;
}>;

/** The progress when the log could last be read. */
export type LastKnown = Readonly<{
  task_id: string;
  task_name: string;
  status: TaskStatus;
  progress: Progress;
  updated_at: string;
}>;

/**
 * `records`: new progress signals. `tasks`: ids of the tasks that changed. `attempts` counts the requests to the log
 * source, `retries` those that repeat a failed one, `waited_ms` the pauses before these. `last_known` is present if the
 * group could not be read.
 */
export type GroupResult = Readonly<{
  log_group: string;
  status: 'collected' | 'failed';
  events: number;
  lines: number;
  records: number;
  duplicates: number;
  late: number;
  oversized: number;
  attempts: number;
  retries: number;
  waited_ms: number;
  tasks: readonly string[];
  problems: readonly Readonly<{ log_stream: string; reason: string }>[];
  error?: string;
  last_known?: readonly LastKnown[];
}>;

/** `message` is that of the first design: `Collected N progress records`. */
export type CollectResult = Readonly<{ message: string; records: number; groups: readonly GroupResult[] }>;

export type CollectorService = Readonly<{
  /**
   * Reads log groups from their checkpoints and applies the new events. If a group or stream fails, the others continue
   * and the result says so; its checkpoint stays, so that the next run reads the same events again.
   */
  collect(request: CollectRequest): Promise<CollectResult>;
}>;

/** How many tasks of a group are kept, the most recently changed ones, to report them when its log cannot be read. */
const MAX_REMEMBERED = 50;

/** A group's checkpoint: the source's own cursor, and the tasks that changed last. */
type Place = Readonly<{ cursor?: Json; tasks: readonly string[] }>;

/** The first release wrote none: a checkpoint without a version has version 1. */
const PLACE_VERSION = 1;

/** Undefined if another version wrote it, or if it is damaged. */
const placeFromJson = (json: Json): Place | undefined => {
  if (!isJsonObject(json) || (json['version'] ?? PLACE_VERSION) !== PLACE_VERSION) return undefined;
  const { cursor, tasks } = json;
  return {
    ...defined({ cursor }),
    tasks: Array.isArray(tasks) ? tasks.filter((id) => typeof id === 'string') : [],
  };
};

export const collectorService = ({
  logSource: source,
  taskStore: tasks,
  checkpoints,
  progressService: progress,
  logger,
  telemetry,
}: Pick<Ports, 'logSource' | 'taskStore' | 'checkpoints' | 'logger'> &
  Readonly<{ progressService: ProgressService; telemetry: Telemetry }>): CollectorService => {
  const serialize = keyedMutex();

  const collectGroup = async (group: string, request: CollectRequest): Promise<GroupResult> => {
    const tally = { events: 0, lines: 0, records: 0, duplicates: 0, late: 0, oversized: 0 };
    const effort = { attempts: 0, retries: 0, waited_ms: 0 };
    const changed = new Set<string>();
    const problems: { log_stream: string; reason: string }[] = [];
    const key = `source#${group}`;
    const window = request.start_time !== undefined || request.end_time !== undefined;
    let place: Place = { tasks: [] };
    const result = (status: GroupResult['status']): GroupResult => ({
      log_group: group,
      status,
      ...tally,
      ...effort,
      tasks: [...changed],
      problems,
    });

    const fold = async ({ log_stream, events, in_sequence: inSequence }: StreamEvents) => {
      try {
        const step = await progress.ingest({ log_group: group, log_stream, events, inSequence });
        for (const count of Object.keys(tally) as (keyof typeof tally)[]) tally[count] += step[count];
        for (const { task_id } of step.tasks) {
          changed.delete(task_id);
          changed.add(task_id);
        }
      } catch (error) {
        // A temporary failure stops the group, to be read again. A failure that would repeat must not.
        if (isMiyabiError(error, 'unavailable', 'version_conflict')) throw error;
        logger.error('A log stream could not be folded', { log_group: group, log_stream, error });
        problems.push({ log_stream, reason: reasonOf(error) });
      }
    };

    try {
      const kept = await checkpoints.read(key);
      const read = kept === undefined ? place : placeFromJson(kept.value);
      if (read === undefined)
        logger.warn('A checkpoint could not be read; the log group is read again', { log_group: group });
      else place = read;
      let version = kept?.version ?? 0;
      const pages = source.read({
        log_group: group,
        ...(place.cursor === undefined || window ? {} : { cursor: place.cursor }),
        ...defined({ start_time: request.start_time, end_time: request.end_time }),
      });
      for await (const page of pages) {
        effort.attempts += page.attempts ?? 1;
        effort.retries += (page.attempts ?? 1) - 1;
        effort.waited_ms += page.waited_ms ?? 0;
        problems.push(...page.problems);
        for (const stream of page.streams) await fold(stream);
        if (window) continue;
        const remembered = [...new Set([...place.tasks, ...changed])].slice(-MAX_REMEMBERED);
        await checkpoints.write(
          key,
          { version: PLACE_VERSION, cursor: page.cursor, tasks: remembered },
          version,
        );
        version += 1;
      }
      return result('collected');
    } catch (error) {
      logger.error('A log group could not be collected', { log_group: group, error });
      const tried = attemptsOf(error);
      effort.attempts += tried?.attempts ?? 0;
      effort.retries += Math.max(0, (tried?.attempts ?? 0) - 1);
      effort.waited_ms += tried?.waited_ms ?? 0;
      const lastKnown = await knownProgress([...new Set([...place.tasks, ...changed])]);
      return {
        ...result('failed'),
        error: reasonOf(error),
        ...defined({ last_known: lastKnown }),
      };
    }
  };

  const knownProgress = async (ids: readonly string[]): Promise<readonly LastKnown[] | undefined> => {
    try {
      const known = await tasks.findMany(ids);
      return known.map(({ task_id, task_name, status, progress: reached, updated_at }) => ({
        task_id,
        task_name,
        status,
        progress: reached,
        updated_at,
      }));
    } catch (error) {
      logger.warn('The last known progress could not be read', { error });
      return undefined;
    }
  };

  const wanted = async ({ log_group, start_time, end_time }: CollectRequest) => {
    if (log_group === undefined && start_time === undefined && end_time === undefined && source.look)
      return source.look();
    const groups = log_group === undefined ? await source.groups() : [log_group];
    return groups.map((name): LogGroupState => ({ log_group: name, isChanged: true }));
  };

  return {
    async collect(request) {
      const results: GroupResult[] = [];
      for (const { log_group: group, isChanged } of await wanted(request)) {
        const result = isChanged
          ? await serialize(group, () => collectGroup(group, request))
          : unchanged(group);
        telemetry.collected(group, result.status === 'collected');
        results.push(result);
      }
      const records = results.reduce((sum, group) => sum + group.records, 0);
      return { message: `Collected ${records} progress records`, records, groups: results };
    },
  };
};

const unchanged = (log_group: string): GroupResult => ({
  log_group,
  status: 'collected',
  ...{ events: 0, lines: 0, records: 0, duplicates: 0, late: 0, oversized: 0 },
  ...{ attempts: 0, retries: 0, waited_ms: 0 },
  tasks: [],
  problems: [],
});

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
