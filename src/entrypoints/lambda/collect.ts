import { MiyabiError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { CollectorService, CollectRequest, CollectResult } from '../../services/collector.ts';
import type { Ingested, ProgressService } from '../../services/progress.ts';
import type { StaleSweep } from '../../services/staleness.ts';
import type { TaskWriter } from '../../services/task-writer.ts';
import { type CollectorEvent, decodeCollectorEvent } from './events.ts';

export type CollectorPorts = Readonly<{
  collector: CollectorService;
  progress: ProgressService;
  sweepStale: StaleSweep;
  counter: Pick<TaskWriter, 'sweep'>;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}>;

/** The answer of the collector Lambda. `ok` is false if a group could not be read. */
export type CollectorAnswer = Readonly<{ ok: boolean; message: string; records: number }> &
  Partial<CollectResult>;

/**
 * The collector as a Lambda: one function for every event that may invoke it.
 *
 * @throws MiyabiError `invalid_input` for an event of no known kind; `unavailable` where a subscription's events could
 * not be stored, so that CloudWatch Logs delivers them again.
 */
export const collectorLambda =
  ({ collector, progress, sweepStale, counter, clock, logger, metrics }: CollectorPorts) =>
  async (event: unknown): Promise<CollectorAnswer> => {
    const began = clock.now();
    try {
      const decoded = decodeCollectorEvent(event);
      switch (decoded.kind) {
        case 'control':
          return { ok: true, message: 'Nothing to collect', records: 0 };
        case 'subscription':
          return await takeIn(decoded);
        case 'direct':
          return await collect(decoded);
        case 'schedule': {
          const answer = await collect(decoded);
          metrics.count('TasksMarkedStale', (await sweepStale()).length);
          await counter.sweep();
          return answer;
        }
        default:
          return unknownKind(decoded);
      }
    } catch (error) {
      metrics.count('CollectorErrors', 1);
      throw error;
    } finally {
      metrics.duration('CollectorDuration', clock.now() - began);
      metrics.flush();
    }

    async function takeIn(subscription: CollectorEvent & { kind: 'subscription' }): Promise<CollectorAnswer> {
      const { log_group, log_stream, events, malformed } = subscription;
      const ingested: Ingested = await progress.ingest({ log_group, log_stream, events });
      if (malformed > 0)
        logger.warn('A subscription held entries that are no log events', { log_group, malformed });
      metrics.count('RecordsCollected', ingested.records);
      return {
        ok: true,
        message: `Collected ${ingested.records} progress records`,
        records: ingested.records,
      };
    }

    async function collect(request: CollectRequest): Promise<CollectorAnswer> {
      const { log_group, start_time, end_time } = request;
      const result = await collector.collect({ log_group, start_time, end_time });
      const failed = result.groups.filter(({ status }) => status === 'failed');
      metrics.count('RecordsCollected', result.records);
      metrics.count('GroupsFailed', failed.length);
      metrics.count(
        'SourceRetries',
        result.groups.reduce((sum, group) => sum + group.retries, 0),
      );
      logger.info(result.message, {
        records: result.records,
        failed: failed.map((group) => group.log_group),
      });
      return { ok: failed.length === 0, ...result };
    }
  };

const unknownKind = (event: never): never => {
  throw new MiyabiError('internal', `No way to collect from ${JSON.stringify(event)}`);
};
