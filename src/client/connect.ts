import type { Task } from '../api/schemas/tasks.ts';
import { type Change, type ChangesOptions, changes, watch } from './changes.ts';
import { type ClientOptions, type MiyabiClient, miyabiClient, type RequestOptions } from './client.ts';
import { environmentVariable, usualUrl } from './environment.ts';
import { newId } from './ids.ts';
import { reporter } from './reports.ts';
import { withRetries } from './retry.ts';
import { type RunTask, type TaskRunner, taskRunner } from './task-run.ts';

export type ConnectOptions = Partial<ClientOptions> &
  Readonly<{
    /** The project of new tasks; `MIYABI_PROJECT` by default. */
    project?: string;
    /** How often a request is repeated that failed for a reason that may pass; 4 by default. */
    retries?: number;
    /** At most one request with the progress of all tasks in this time, in milliseconds; 500 by default. */
    reportEveryMs?: number;
    /** Receives what went wrong while a task ran, which does not stop its work. By default a warning is printed. */
    onError?: (error: Error) => void;
  }>;

export type Miyabi = MiyabiClient &
  Readonly<{
    /**
     * Runs a function as a task, e.g. `await miyabi.task('Import', async (t) => { t.progress(3, 10); })`. It is completed
     * when the function returns, failed when it throws. If the server does not answer, the work goes on, and the task is
     * created once it does.
     *
     * @throws MiyabiApiError if the server refuses the task; else what the function throws.
     */
    task: RunTask;
    /** Changes as they happen, over every loss of the connection; see `Change`. */
    changes(options?: ChangesOptions): AsyncGenerator<Change, void, undefined>;
    /** Each state of a task from now on, until it has ended or is deleted. @throws MiyabiApiError as `request`. */
    watch(
      taskId: string,
      options?: Readonly<{ signal?: AbortSignal }>,
    ): AsyncGenerator<Task, void, undefined>;
  }>;

const RETRIES = 4;
const REPORT_EVERY_MS = 500;

/**
 * A client that retries, and runs tasks. Without options it uses `MIYABI_URL`, `MIYABI_API_KEY` and `MIYABI_PROJECT`; in
 * a web page, the server that the page is from.
 *
 * `request` is repeated for GET and POST; a POST gets an Idempotency-Key for that.
 */
export const connect = ({
  baseUrl = usualUrl(),
  apiKey = environmentVariable('MIYABI_API_KEY'),
  project = environmentVariable('MIYABI_PROJECT'),
  retries = RETRIES,
  reportEveryMs = REPORT_EVERY_MS,
  onError = (error) => console.warn(`miyabi: ${error.message}`),
  ...options
}: ConnectOptions = {}): Miyabi => {
  const client = miyabiClient({ ...options, baseUrl, apiKey });
  // The compiler types each operation by its name; the implementation is the same for all of them.
  const send = client.request as (operation: string, input: RequestOptions) => Promise<unknown>;
  const request = (operation: string, input: RequestOptions = {}): Promise<unknown> => {
    const [method] = operation.split(' ');
    if (method !== 'GET' && method !== 'POST') return send(operation, input);
    const whole = method === 'GET' ? input : { ...input, idempotencyKey: input.idempotencyKey ?? newId() };
    return withRetries(() => send(operation, whole), { retries, signal: input.signal });
  };
  const ended: TaskRunner['ended'] = new Map();
  const reports = reporter({
    client,
    everyMs: reportEveryMs,
    retries,
    onError,
    onEnded: (taskId, reason) => ended.get(taskId)?.(reason),
  });
  return {
    ...client,
    // As above.
    request: request as MiyabiClient['request'],
    task: taskRunner({ client, reports, project, retries, onError, ended }),
    changes: (wanted) => changes(client, wanted),
    watch: (taskId, { signal } = {}) =>
      watch(client, taskId, signal === undefined ? { retries } : { retries, signal }),
  };
};
