import { DURATION_RULE, durationSeconds } from '../../domain/duration.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { type Session, takeCount, withServer } from '../session.ts';
import { projectOf } from '../settings.ts';

export type StartOptions = Readonly<{
  id?: string;
  project?: string;
  total?: string;
  every?: string;
  grace?: string;
}>;

/** Prints the id of the task that has started. */
export const start = (name: string, options: StartOptions): Promise<void> =>
  withServer(async (session) => {
    const { client, settings, print } = session;
    const { id, every, grace } = options;
    if (every !== undefined && id === undefined)
      throw new CommandFailure(EXIT.usage, '--every needs --id: each run is to be the same task');
    if (grace !== undefined && every === undefined)
      throw new CommandFailure(EXIT.usage, '--grace needs --every');
    const project_id =
      options.project === undefined ? settings.project : projectOf(options.project, '--project');
    const total = options.total === undefined ? undefined : takeCount(options.total);
    if (id === undefined) {
      const { task_id } = await client.request('POST /api/tasks', {
        body: {
          task_name: name,
          task_type: 'job',
          status: 'running',
          project_id,
          progress: total === undefined ? undefined : { current: 0, total },
        },
      });
      print(`${task_id}\n`);
      return;
    }
    await client.request('POST /api/ping/{task_id}/{signal}', {
      path: { task_id: id, signal: 'start' },
      query: {
        name,
        project_id,
        every: every === undefined ? undefined : `${durationOf(every, '--every')}s`,
        grace: grace === undefined ? undefined : `${durationOf(grace, '--grace')}s`,
      },
    });
    if (total !== undefined) await report(session, id, { current: 0, total, status: 'running' });
    print(`${id}\n`);
  });

export const progress = (id: string, count: string, message: string | undefined): Promise<void> =>
  withServer(async (session) => {
    const [, current, total, percent] = /^(\d{1,12})(?:\/(\d{1,12})|(%))?$/.exec(count) ?? [];
    if (current === undefined || (percent !== undefined && Number(current) > 100))
      throw new CommandFailure(EXIT.usage, `${count} must be a count such as 3, 3/12 or 25%`);
    await report(session, id, {
      current: Number(current),
      total: percent !== undefined ? 100 : total === undefined ? undefined : Number(total),
      status: 'running',
      phase: message,
      message,
    });
  });

export const done = (
  id: string,
  message: string | undefined,
  { exitCode }: Readonly<{ exitCode: string }>,
): Promise<void> =>
  withServer(async (session) => {
    const exit_code = /^\d{1,3}$/.test(exitCode) ? Number(exitCode) : 256;
    if (exit_code > 255)
      throw new CommandFailure(EXIT.usage, `--exit-code must be from 0 to 255, not ${exitCode}`);
    if (exit_code === 0) await report(session, id, { status: 'completed', exit_code, message });
    else {
      const error_message = message ?? `Exit code ${exit_code}`;
      await report(session, id, { status: 'failed', exit_code, message, error_message });
    }
  });

export const fail = (id: string, message: string | undefined): Promise<void> =>
  withServer((session) => report(session, id, { status: 'failed', message, error_message: message }));

type Report = Readonly<{
  status: 'running' | 'completed' | 'failed';
  current?: number;
  total?: number | undefined;
  phase?: string | undefined;
  message?: string | undefined;
  exit_code?: number;
  error_message?: string | undefined;
}>;

const report = async ({ client }: Session, id: string, body: Report): Promise<void> => {
  await client.request('POST /api/tasks/{task_id}/progress', { path: { task_id: id }, body });
};

const durationOf = (text: string, option: string): number => {
  const seconds = durationSeconds(text);
  if (seconds === undefined) throw new CommandFailure(EXIT.usage, `${option} ${DURATION_RULE}`);
  return seconds;
};
