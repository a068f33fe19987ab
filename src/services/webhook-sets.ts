import type { Project } from '../domain/projects/project.ts';
import type { ProjectWebhooks } from '../domain/webhooks/webhook.ts';

/**
 * The webhooks of a project. `kept` is what the store has under its id: webhooks of an earlier project of that id are
 * ignored.
 */
export const webhooksOf = (
  { project_id, created_at }: Pick<Project, 'project_id' | 'created_at'>,
  kept: ProjectWebhooks | undefined,
): ProjectWebhooks =>
  kept?.project_created_at === created_at
    ? kept
    : { project_id, project_created_at: created_at, version: kept?.version ?? 0, webhooks: [] };
