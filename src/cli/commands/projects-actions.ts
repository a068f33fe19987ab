import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { queryOf, takeLimit, withServer } from '../session.ts';
import { table } from '../terminal/table.ts';
import { clockText, type Look, paint, printable } from '../terminal/terminal.ts';
import { numberOf, textOf } from '../terminal/views.ts';

type JsonOption = Readonly<{ json?: boolean }>;

const PAGE = 100;

export const listProjects = (options: JsonOption & Readonly<{ limit: string }>): Promise<void> =>
  withServer(async ({ client, print, printJson, look, columns }) => {
    const limit = takeLimit(options.limit);
    const projects: Json[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.json({
        method: 'GET',
        path: `/api/projects${queryOf({ limit: String(Math.min(PAGE, limit - projects.length)), cursor })}`,
      });
      if (Array.isArray(page.projects)) projects.push(...page.projects);
      cursor = typeof page.next_cursor === 'string' ? page.next_cursor : undefined;
    } while (cursor !== undefined && projects.length < limit);
    if (options.json) {
      printJson({ projects, next_cursor: cursor ?? null });
      return;
    }
    if (projects.length === 0) {
      print('No projects. A project comes into being with its first task, or by miyabi projects create.\n');
      return;
    }
    print(
      table(
        [
          { title: 'PROJECT', shrinks: true },
          { title: 'STATUS', spare: true },
          { title: 'ACTIVE', align: 'right' },
          { title: 'DONE', align: 'right' },
          { title: 'FAILED', align: 'right' },
          { title: 'SUCCESS', align: 'right', spare: true },
          { title: 'MEAN', align: 'right', spare: true },
          { title: 'ID', shrinks: true },
        ],
        projects.filter(isJsonObject).map((project) => {
          const metrics = metricsOf(project);
          const failed = numberOf(metrics, 'failed_tasks') ?? 0;
          return [
            { text: textOf(project, 'project_name') ?? '' },
            { text: textOf(project, 'status') ?? '' },
            { text: String(numberOf(metrics, 'active_tasks') ?? '') },
            { text: String(numberOf(metrics, 'completed_tasks') ?? '') },
            failed > 0 ? { text: String(failed), paint: 'red' as const } : { text: String(failed) },
            { text: rateText(metrics) },
            { text: meanText(metrics) },
            { text: textOf(project, 'project_id') ?? '', paint: 'dim' as const },
          ];
        }),
        { look, columns },
      ),
    );
    if (cursor !== undefined) print(`More there are than ${projects.length}: see --limit.\n`);
  });

const metricsOf = (project: JsonObject): JsonObject => (isJsonObject(project.metrics) ? project.metrics : {});

const rateText = (metrics: JsonObject): string => {
  const rate = numberOf(metrics, 'success_rate');
  return rate === undefined ? '' : `${Math.floor(rate * 100)}%`;
};

const meanText = (metrics: JsonObject): string => {
  const seconds = numberOf(metrics, 'avg_completion_time_seconds');
  return seconds === undefined ? '' : clockText(seconds);
};

export const showProject = (id: string, { json }: JsonOption): Promise<void> =>
  withServer(async ({ client, print, printJson, look }) => {
    const answer = await client.json({ method: 'GET', path: `/api/projects/${encodeURIComponent(id)}` });
    if (json) printJson(answer);
    else if (isJsonObject(answer)) print(projectText(answer, look));
  });

const projectText = (project: JsonObject, look: Look): string => {
  const metrics = metricsOf(project);
  const resources = isJsonObject(project.resources) ? project.resources : {};
  const count = (name: string) => String(numberOf(metrics, name) ?? 0);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['id', textOf(project, 'project_id')],
    ['status', textOf(project, 'status')],
    ['owner', textOf(project, 'owner')],
    ['account', textOf(project, 'account_id')],
    ['about', textOf(project, 'description')],
    [
      'tasks',
      `${count('total_tasks')}: ${count('active_tasks')} active, ${count('blocked_tasks')} blocked, ${count('completed_tasks')} completed, ${count('failed_tasks')} failed`,
    ],
    ['success', rateText(metrics)],
    ['mean time', meanText(metrics)],
    ...Object.entries(resources).map(
      ([name, value]) => [name, typeof value === 'string' ? value : undefined] as const,
    ),
  ];
  const given = lines.filter(
    (line): line is readonly [string, string] => line[1] !== undefined && line[1] !== '',
  );
  const width = Math.max(...given.map(([name]) => name.length));
  return `${paint(printable(textOf(project, 'project_name') ?? ''), 'bold', look)}\n${given
    .map(([name, value]) => `  ${paint(name.padEnd(width), 'dim', look)} ${printable(value)}\n`)
    .join('')}`;
};

export type CreateProjectOptions = JsonOption &
  Readonly<{ id?: string; description?: string; owner?: string; account?: string; repo?: string }>;

export const createProject = (name: string, options: CreateProjectOptions): Promise<void> =>
  withServer(async ({ client, print, printJson }) => {
    const answer = await client.json({
      method: 'POST',
      path: '/api/projects',
      body: JSON.stringify({
        project_name: name,
        project_id: options.id,
        description: options.description,
        owner: options.owner,
        account_id: options.account,
        resources: options.repo === undefined ? undefined : { github_repo: options.repo },
      }),
    });
    if (options.json) printJson(answer);
    else print(`${isJsonObject(answer) ? String(answer.project_id) : ''}\n`);
  });
