import { isMiyabiError } from '../domain/errors.ts';
import type { Task } from '../domain/task.ts';
import type { Checkpoints } from '../ports/checkpoints.ts';
import type { LogSource } from '../ports/log-source.ts';
import type { Logger } from '../ports/logger.ts';
import { inTurn } from './in-turn.ts';
import type { ProgressService } from './progress.ts';

/** What to collect: one log group or all of them; a window of time, epoch milliseconds, or on from the checkpoint. */
export type CollectRequest = Readonly<{
  log_group?: string | undefined;
  start_time?: number | undefined;
  end_time?: number | undefined;
}>;

/** `records`: progress signals that were new. `tasks`: the ids of the tasks that changed. */
export type GroupResult = Readonly<{
  log_group: string;
  status: 'collected' | 'failed';
  events: number;
  lines: number;
  records: number;
  duplicates: number;
  late: number;
  oversized: number;
  tasks: readonly string[];
  problems: readonly Readonly<{ log_stream: string; reason: string }>[];
  error?: string;
}>;

export type CollectResult = Readonly<{ message: string; records: number; groups: readonly GroupResult[] }>;

export type CollectorService = Readonly<{
  /**
   * Reads log groups on from where they were left and folds what is new. A group or stream that fails stops no other
   * and is told in the result; its checkpoint stays, so that the next run reads the same again.
   */
  collect(request: CollectRequest): Promise<CollectResult>;
}>;

export const collectorService = (
  source: LogSource,
  checkpoints: Checkpoints,
  progress: ProgressService,
  logger: Logger,
): CollectorService => {
  const turn = inTurn();

  const collectGroup = async (group: string, request: CollectRequest): Promise<GroupResult> => {
    const tally = { events: 0, lines: 0, records: 0, duplicates: 0, late: 0, oversized: 0 };
    const tasks = new Map<string, Task>();
    const problems: { log_stream: string; reason: string }[] = [];
    const key = `source#${group}`;
    const window = request.start_time !== undefined || request.end_time !== undefined;
    const result = (status: GroupResult['status'], error?: string): GroupResult => ({
      log_group: group,
      status,
      ...tally,
      tasks: [...tasks.keys()],
      problems,
      ...(error === undefined ? {} : { error }),
    });
    try {
      const kept = await checkpoints.read(key);
      let version = kept?.version ?? 0;
      const pages = source.read({
        log_group: group,
        ...(kept === undefined || window ? {} : { cursor: kept.value }),
        ...(request.start_time === undefined ? {} : { start_time: request.start_time }),
        ...(request.end_time === undefined ? {} : { end_time: request.end_time }),
      });
      for await (const page of pages) {
        problems.push(...page.problems);
        for (const { log_stream, events } of page.streams) {
          try {
            const step = await progress.ingest({ log_group: group, log_stream, events });
            for (const count of Object.keys(tally) as (keyof typeof tally)[]) tally[count] += step[count];
            for (const task of step.tasks) tasks.set(task.task_id, task);
          } catch (error) {
            // What may pass stops the group, to be read again; what would fail the same way again must not.
            if (isMiyabiError(error, 'unavailable', 'version_conflict')) throw error;
            logger.error('A log stream could not be folded', { log_group: group, log_stream, error });
            problems.push({ log_stream, reason: error instanceof Error ? error.message : String(error) });
          }
        }
        if (window) continue;
        await checkpoints.write(key, page.cursor, version);
        version += 1;
      }
      return result('collected');
    } catch (error) {
      logger.error('A log group could not be collected', { log_group: group, error });
      return result('failed', error instanceof Error ? error.message : String(error));
    }
  };

  return {
    async collect(request) {
      const groups = request.log_group === undefined ? await source.groups() : [request.log_group];
      const results: GroupResult[] = [];
      for (const group of groups) results.push(await turn(group, () => collectGroup(group, request)));
      const records = results.reduce((sum, group) => sum + group.records, 0);
      return { message: `Collected ${records} progress records`, records, groups: results };
    },
  };
};
