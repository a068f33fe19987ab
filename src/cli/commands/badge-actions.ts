import type { BadgeKind, BadgeStyle } from '../../domain/badge.ts';
import { withServer } from '../session.ts';

export type BadgeOptions = Readonly<{
  style: BadgeStyle;
  html?: boolean | undefined;
  url?: string | undefined;
  json?: boolean | undefined;
}>;

/** `miyabi badge` */
export const printBadge = (kind: BadgeKind, id: string, options: BadgeOptions): Promise<void> =>
  withServer(async ({ client, print, printJson }) => {
    const { style, html, url = client.url, json } = options;
    const query = { base_url: url, ...(style === 'badge' ? {} : { style }) };
    const answer =
      kind === 'task'
        ? await client.request('GET /api/tasks/{task_id}/badge', { path: { task_id: id }, query })
        : await client.request('GET /api/projects/{project_id}/badge', { path: { project_id: id }, query });
    if (json === true) printJson(answer);
    else print(`${html === true ? answer.html : answer.markdown}\n`);
  });
