import { type Project, readPages } from '../../client/index.ts';
import { takeLimit, withServer } from '../session.ts';
import { table } from '../terminal/table.ts';
import { clockText, type Look, paint, printable } from '../terminal/terminal.ts';

type JsonOption = Readonly<{ json?: boolean }>;

export const listProjects = (options: JsonOption & Readonly<{ limit: string }>): Promise<void> =>
  withServer(async ({ client, print, printJson, look, columns }) => {
    const { items, next } = await readPages(async (query) => {
      const { projects, next_cursor } = await client.request('GET /api/projects', { query });
      return { items: projects, next: next_cursor };
    }, takeLimit(options.limit));
    if (options.json) {
      printJson({ projects: items, next_cursor: next });
      return;
    }
    if (items.length === 0) {
      print('No projects. A project is created with its first task, or by miyabi projects create.\n');
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
        items.map(({ project_id, project_name, status, metrics }) => [
          { text: project_name },
          { text: status },
          { text: String(metrics.active_tasks) },
          { text: String(metrics.completed_tasks) },
          {
            text: String(metrics.failed_tasks),
            ...(metrics.failed_tasks > 0 ? { paint: 'red' as const } : {}),
          },
          { text: rateText(metrics) },
          { text: meanText(metrics) },
          { text: project_id, paint: 'dim' as const },
        ]),
        { look, columns },
      ),
    );
    if (next !== null) print(`There are more than ${items.length} projects; use --limit.\n`);
  });

type Metrics = Project['metrics'];

const rateText = ({ success_rate: rate }: Metrics): string =>
  rate === null ? '' : `${Math.floor(rate * 100)}%`;

const meanText = ({ avg_completion_time_seconds: seconds }: Metrics): string =>
  seconds === null ? '' : clockText(seconds);

export const showProject = (id: string, { json }: JsonOption): Promise<void> =>
  withServer(async ({ client, print, printJson, look }) => {
    const answer = await client.request('GET /api/projects/{project_id}', { path: { project_id: id } });
    if (json) printJson(answer);
    else print(projectText(answer, look));
  });

const projectText = (project: Project, look: Look): string => {
  const { metrics } = project;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['id', project.project_id],
    ['status', project.status],
    ['owner', project.owner],
    ['account', project.account_id],
    ['about', project.description],
    [
      'tasks',
      `${metrics.total_tasks}: ${metrics.active_tasks} active, ${metrics.blocked_tasks} blocked, ${metrics.completed_tasks} completed, ${metrics.failed_tasks} failed`,
    ],
    ['success', rateText(metrics)],
    ['mean time', meanText(metrics)],
    ...Object.entries(project.resources),
  ];
  const given = lines.filter(
    (line): line is readonly [string, string] => line[1] !== undefined && line[1] !== '',
  );
  const width = Math.max(...given.map(([name]) => name.length));
  return `${paint(printable(project.project_name), 'bold', look)}\n${given
    .map(([name, value]) => `  ${paint(name.padEnd(width), 'dim', look)} ${printable(value)}\n`)
    .join('')}`;
};

export type CreateProjectOptions = JsonOption &
  Readonly<{ id?: string; description?: string; owner?: string; account?: string; repo?: string }>;

export const createProject = (name: string, options: CreateProjectOptions): Promise<void> =>
  withServer(async ({ client, print, printJson }) => {
    const answer = await client.request('POST /api/projects', {
      body: {
        project_name: name,
        project_id: options.id,
        description: options.description,
        owner: options.owner,
        account_id: options.account,
        resources: options.repo === undefined ? undefined : { github_repo: options.repo },
      },
    });
    if (options.json) printJson(answer);
    else print(`${answer.project_id}\n`);
  });
