import { publicProject, type StoredProject } from '../domain/projects/project.ts';
import type { Change } from '../ports/change-feed.ts';

/** A saved project, as an entry of the feed. */
export const projectChange = (project: StoredProject): Change => ({
  kind: 'project',
  action: 'saved',
  id: project.project_id,
  project_id: project.project_id,
  version: project.version,
  body: JSON.stringify(publicProject(project)),
});
