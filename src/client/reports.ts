import type { MiyabiClient } from './client.ts';
import { newId } from './ids.ts';
import { mayRetry, withRetries } from './retry.ts';

/** What a running task reports. Fields that are left out stay as they are. */
export type Report = Readonly<{
  /** Steps done so far. */
  current?: number;
  /** Steps in all; null if no longer known. */
  total?: number | null;
  failed?: number;
  skipped?: number;
  phase?: string;
  /** Kept in the history of the task. */
  message?: string;
}>;

export type Reporter = Readonly<{
  /** Queues a report. What waits for the same task is merged with it: of each field the latest value is sent. */
  add(taskId: string, report: Report): void;
  /** Removes what waits for a task, once nothing of it is under way, so that another request can carry it. */
  take(taskId: string): Promise<Report>;
  /** Sends what waits without waiting for the next interval. Does not fail: problems go to `onError`. */
  flush(): Promise<void>;
}>;

/** The most reports in one request. */
const MAX_BATCH = 100;
/** The pause between attempts while the server does not answer, in milliseconds. */
const OUTAGE_MS = 2_000;

/** Reports of all tasks of a client, in one request at a time and at most one per interval. */
export const reporter = ({
  client,
  everyMs,
  retries,
  onError,
  onEnded,
}: Readonly<{
  client: Pick<MiyabiClient, 'request'>;
  everyMs: number;
  retries: number;
  onError: (error: Error) => void;
  /** The task has ended or was deleted elsewhere, so it takes no more reports. */
  onEnded: (taskId: string, reason: string) => void;
}>): Reporter => {
  const waiting = new Map<string, Report>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let lastStart = Number.NEGATIVE_INFINITY;
  /** During an outage only the first failure is passed on. */
  let isFailing = false;

  const schedule = () => {
    if (timer !== undefined || sending !== undefined || waiting.size === 0) return;
    const nextAt = isFailing ? Date.now() + Math.max(everyMs, OUTAGE_MS) : lastStart + everyMs;
    timer = setTimeout(() => void send(), Math.max(0, nextAt - Date.now()));
  };

  const send = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= sendBatch().finally(() => {
      sending = undefined;
      schedule();
    });
    return sending;
  };

  const sendBatch = async (): Promise<void> => {
    lastStart = Date.now();
    const batch = [...waiting].slice(0, MAX_BATCH);
    if (batch.length === 0) return;
    for (const [taskId] of batch) waiting.delete(taskId);
    const reports = batch.map(([task_id, report]) => ({ task_id, ...report, status: 'running' as const }));
    // Counts may be set twice, but a message would be twice in the history.
    const once = batch.some(([, { message }]) => message !== undefined) ? { idempotencyKey: newId() } : {};
    try {
      const { results } = await withRetries(
        () => client.request('POST /api/tasks:progress', { body: { reports }, ...once }),
        { retries },
      );
      isFailing = false;
      results.forEach((result, index) => {
        const taskId = batch[index]?.[0] ?? '';
        if (!('problem' in result)) return;
        const { code, error } = result.problem;
        if (code === 'invalid_transition' || code === 'task_not_found') onEnded(taskId, error);
        else onError(new Error(`Progress of task ${taskId} was refused: ${error}`));
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!isFailing) onError(error);
      isFailing = mayRetry(error);
      if (!isFailing) return;
      for (const [taskId, report] of batch) waiting.set(taskId, { ...report, ...waiting.get(taskId) });
    }
  };

  return {
    add(taskId, report) {
      waiting.set(taskId, { ...waiting.get(taskId), ...report });
      schedule();
    },
    async take(taskId) {
      await sending;
      const report = waiting.get(taskId) ?? {};
      waiting.delete(taskId);
      if (waiting.size === 0) {
        // A timer without a purpose would keep a program from ending.
        clearTimeout(timer);
        timer = undefined;
      }
      return report;
    },
    async flush() {
      await sending;
      do await send();
      while (waiting.size > 0 && !isFailing);
    },
  };
};
