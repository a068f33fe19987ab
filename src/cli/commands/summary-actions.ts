import { type MiyabiClient, readPages, type Task } from '../../client/index.ts';
import { fingerprint } from '../../domain/ids.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { failureLines } from '../failure-lines.ts';
import { withServer } from '../session.ts';
import { summaryMarkdown } from '../summary/markdown.ts';
import { keepComment, readGitHub } from '../summary/pull-request-comment.ts';
import { tasksIn, taskView } from '../terminal/views.ts';
import type { SummaryOptions } from './summary.ts';

/** The most sub-tasks that are shown. */
const MAX_PARTS = 50;

export const printSummary = (id: string, { comment }: SummaryOptions): Promise<void> =>
  withServer(async ({ client, print }) => {
    const task = await client.request('GET /api/tasks/{task_id}', { path: { task_id: id } });
    const text = await summaryOf(task, client);
    print(text);
    if (comment) await commentOn(task, text);
  });

const summaryOf = async (task: Task, client: MiyabiClient): Promise<string> => {
  const view = taskView(task);
  if (view === undefined)
    throw new CommandFailure(EXIT.failed, `the task ${task.task_id} is of a newer server; update miyabi`);
  const [parts, lines] = await Promise.all([
    readPages(async (page) => {
      const { tasks, next_cursor } = await client.request('GET /api/tasks', {
        query: { parent_id: task.task_id, ...page },
      });
      return { items: tasks, next: next_cursor };
    }, MAX_PARTS),
    task.status === 'failed' ? failureLines(client, task.task_id) : [],
  ]);
  return summaryMarkdown({
    task: view,
    link: `${client.url}/tasks/${encodeURIComponent(task.task_id)}`,
    ended: { exitCode: task.details.exit_code, signal: task.details.signal },
    job: task.run?.ci_url,
    parts: tasksIn(parts.items).toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0)),
    hasMoreParts: parts.next !== null,
    lines,
    now: Date.now(),
  });
};

/** One comment for each name of a project: its next run is about the same work. */
const commentOn = async ({ github, project_id, task_name }: Task, text: string): Promise<void> => {
  if (github?.pr_number === undefined) {
    process.stderr.write('miyabi: no comment: the task belongs to no pull request\n');
    return;
  }
  await keepComment(readGitHub(process.env), {
    pullRequest: github.pr_number,
    key: fingerprint(project_id, task_name),
    text,
  });
};
