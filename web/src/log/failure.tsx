import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Task } from '../../../src/client/index.ts';
import { MiyabiApiError } from '../../../src/client/index.ts';
import { readLogs } from '../api.ts';
import { Copy } from '../components/command.tsx';
import { t } from '../i18n.ts';
import { pause } from '../state/pause.ts';
import { Line } from './row.tsx';
import { plainText } from './sgr.ts';
import type { LogLine } from './window.ts';

type Failure = Readonly<{ task_id: string; lines: readonly LogLine[]; cursor: string | undefined }>;

/** The lines around the failure of the task that the page shows. */
export const failure = signal<Failure | undefined>(undefined);

/** A line that the log is to show. */
export const wanted = signal<Readonly<{ task_id: string; line: LogLine }> | undefined>(undefined);

/** How long after the end of a task its last lines may still come, and how often they are asked for meanwhile. */
const RETRIES_MS = [1_000, 2_000, 4_000, 8_000];

/** Reads the lines around a task's failure, again for a while if there are none yet. */
const useFailure = ({ task_id, status, attempt, details }: Task): Failure | undefined => {
  const hasLog = details.log_stream !== undefined;
  useEffect(() => {
    if (status !== 'failed' || !hasLog) return;
    const stop = new AbortController();
    const read = async () => {
      for (const rest of [...RETRIES_MS, 0]) {
        try {
          const page = await readLogs(task_id, { around: 'failure' }, stop.signal);
          if (stop.signal.aborted) return;
          failure.value = { task_id, lines: page.lines, cursor: page.failure?.cursor };
          if (page.lines.length > 0) return;
        } catch (error) {
          if (!(error instanceof MiyabiApiError)) throw error;
          // A server without this route, or one that is away; the connection state says so.
          if (stop.signal.aborted || error.status === 404) return;
        }
        await pause(rest, stop.signal);
        if (stop.signal.aborted) return;
      }
    };
    void read();
    return () => stop.abort();
  }, [task_id, status, attempt, hasLog]);
  return status === 'failed' && failure.value?.task_id === task_id ? failure.value : undefined;
};

/** The failing line in its context, at the head of a failed task. Nothing where there are no lines. */
export const FailureContext = ({ task }: Readonly<{ task: Task }>) => {
  const found = useFailure(task);
  if (found === undefined || found.lines.length === 0) return null;
  const { lines, cursor } = found;
  const line = lines.find((one) => one.cursor === cursor) ?? lines.at(-1);
  return (
    <section class="log-failure" aria-labelledby="log-failure">
      <div class="log-failure-head">
        <h2 id="log-failure">{cursor === undefined ? t.value.log.lastLines : t.value.log.context}</h2>
        <Copy text={lines.map(({ text }) => plainText(text)).join('\n')} />
        {line !== undefined && (
          <button
            type="button"
            class="plain"
            onClick={() => {
              wanted.value = { task_id: task.task_id, line };
            }}
          >
            {t.value.log.show}
          </button>
        )}
      </div>
      <div class="log-context">
        {lines.map((one) => (
          <Line key={one.cursor} line={one} isFailing={one.cursor === cursor} />
        ))}
      </div>
    </section>
  );
};
