import { basename } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { MiyabiClient } from '../../client/index.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { serverAt, wordsOf } from '../server.ts';
import { DEFAULT_URL, projectOf, readSettings } from '../settings.ts';
import type { HookOptions } from './hook.ts';
import { type HookReport, readHookEvent } from './hook-events.ts';

/** The agent waits for its hook. */
const TIMEOUT_MS = 2_000;
const MAX_PHASE = 256;

/** Reports an event of an agent. What goes wrong is printed, and is no failure: an agent may stop at one. */
export const reportHook = async (given: string | undefined, options: HookOptions): Promise<void> => {
  try {
    const event: Json = JSON.parse(given ?? (await readAll(process.stdin)));
    const report = isJsonObject(event) ? readHookEvent(event) : undefined;
    if (report === undefined) return;
    const settings = readSettings(process.env);
    const project_id =
      options.project === undefined ? settings.project : projectOf(options.project, '--project');
    const client = serverAt(settings.url ?? DEFAULT_URL, settings.apiKey);
    try {
      await send(client, report, { agent: options.agent, project_id });
    } catch (error) {
      throw new Error(wordsOf(error, client.url), { cause: error });
    }
  } catch (error) {
    process.stderr.write(
      `miyabi: the event was not reported: ${error instanceof Error ? error.message : error}\n`,
    );
  }
};

const send = async (
  client: MiyabiClient,
  report: HookReport,
  { agent, project_id }: Readonly<{ agent: string; project_id: string | undefined }>,
): Promise<void> => {
  const task_id = taskIdOf(report.session);
  const path = { task_id };
  const limits = { timeoutMs: TIMEOUT_MS };
  switch (report.kind) {
    case 'start':
    case 'done': {
      const folder = report.directory === undefined ? '' : basename(report.directory);
      const query = { project_id, name: folder === '' ? agent : `${agent} in ${folder}` };
      // A ping creates the task if it is not there yet.
      if (report.kind === 'done')
        await client.request('POST /api/ping/{task_id}', { path, query, ...limits });
      else
        await client.request('POST /api/ping/{task_id}/{signal}', {
          path: { task_id, signal: 'start' },
          query,
          ...limits,
        });
      return;
    }
    case 'progress': {
      const { current, total } = report;
      const phase = report.phase === undefined ? undefined : oneLine(report.phase);
      const body = { status: 'running', current, total, phase } as const;
      await client.request('POST /api/tasks/{task_id}/progress', { path, body, ...limits });
      return;
    }
    case 'entry':
      await sendEntry(client, report, task_id, project_id);
      return;
    case 'fail':
    case 'cancel': {
      const { message } = report;
      // Already ended, as a session usually is when it is closed: that is how it stays.
      const { status } = await client.request('GET /api/tasks/{task_id}', { path, ...limits });
      if (!['pending', 'running', 'blocked'].includes(status)) return;
      const body =
        report.kind === 'fail'
          ? ({ status: 'failed', error_message: message } as const)
          : ({ status: 'cancelled', message } as const);
      await client.request('POST /api/tasks/{task_id}/progress', { path, body, ...limits });
      return;
    }
    default:
      report satisfies never;
  }
};

/** Each entry is a sub-task of the session, whose counter shows how many entries are done. */
const sendEntry = async (
  client: MiyabiClient,
  { entry, name, status }: Extract<HookReport, { kind: 'entry' }>,
  parent_id: string,
  project_id: string | undefined,
): Promise<void> => {
  const limits = { timeoutMs: TIMEOUT_MS };
  const part = `${parent_id}-${idOf(entry, 20)}`;
  const path = { task_id: part };
  if (name !== undefined) {
    const about = { task_id: part, task_name: oneLine(name), task_type: 'agent_step', parent_id, project_id };
    await client.request('POST /api/tasks', { body: { ...about, status: 'pending' }, ...limits });
  } else if (status === 'running')
    await client.request('POST /api/ping/{task_id}/{signal}', {
      path: { ...path, signal: 'start' },
      ...limits,
    });
  else if (status === 'completed') await client.request('POST /api/ping/{task_id}', { path, ...limits });
  else await client.request('POST /api/tasks/{task_id}/progress', { path, body: { status }, ...limits });
  const { tasks } = await client.request('GET /api/tasks', { query: { parent_id, limit: 100 }, ...limits });
  const counted = tasks.filter((task) => task.status !== 'cancelled');
  const body = {
    status: 'running',
    current: counted.filter((task) => task.status === 'completed').length,
    total: counted.length,
    phase: counted.find((task) => task.status === 'running')?.task_name,
  } as const;
  const whole = { task_id: parent_id };
  await client.request('POST /api/tasks/{task_id}/progress', { path: whole, body, ...limits });
};

const oneLine = (words: string): string =>
  words
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, MAX_PHASE)
    .toWellFormed();

const idOf = (id: string, length: number): string => id.replace(/[^\w.-]/g, '_').slice(0, length);

/** The task of a session. Ids of tasks have fewer characters than those of sessions may have. */
const taskIdOf = (session: string): string => `agent-${idOf(session, 100)}`;
