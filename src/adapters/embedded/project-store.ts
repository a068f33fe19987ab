import type { StoredProject } from '../../domain/projects/project.ts';
import type { ProjectStore } from '../../ports/project-store.ts';
import { refuseUnlessAt, refuseUnlessNext } from '../memory/versions.ts';
import { projectCodec } from './codecs.ts';
import type { Database } from './database.ts';
import { keyOf, under } from './keys.ts';

const projectKey = (projectId: string): string => keyOf('j', projectId);

const decoded = (projectId: string, value: string | undefined): StoredProject | undefined =>
  value === undefined ? undefined : projectCodec.decode(projectId, value);

/** Projects, listed by id. */
export const embeddedProjectStore = ({ database }: Readonly<{ database: Database }>): ProjectStore => ({
  async find(projectId) {
    const value = await database.get(projectKey(projectId));
    try {
      return decoded(projectId, value);
    } catch (error) {
      throw database.damaged(error);
    }
  },

  async save(project) {
    const { project_id, version } = project;
    const key = projectKey(project_id);
    await database.write((change) => {
      refuseUnlessNext('Project', project_id, decoded(project_id, change.get(key)), version);
      change.put(key, projectCodec.encode(project));
    });
  },

  list({ limit, after }) {
    const range = under('j');
    return database.view(async (view) => {
      const entries = await view.entries({
        ...range,
        gt: after === undefined ? range.gt : projectKey(after),
        limit: limit + 1,
      });
      const items = entries.slice(0, limit).map(([key, value]) => projectCodec.decode(key, value));
      const last = items.at(-1);
      return entries.length > limit && last !== undefined ? { items, next: last.project_id } : { items };
    });
  },

  async remove(projectId, version) {
    const key = projectKey(projectId);
    await database.write((change) => {
      const stored = decoded(projectId, change.get(key));
      refuseUnlessAt('Project', projectId, stored, version);
      if (stored !== undefined) change.remove(key);
    });
  },
});
