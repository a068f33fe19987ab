import type { StoredProject } from '../../domain/projects/project.ts';
import type { ProjectStore } from '../../ports/project-store.ts';
import { frozenCopy } from './frozen-copy.ts';
import { sortedList } from './sorted-list.ts';
import { refuseUnlessAt, refuseUnlessNext } from './versions.ts';

/** Projects in this process's memory, listed by id. Nothing survives it. What it returns is frozen. */
export const memoryProjectStore = (): ProjectStore => {
  const projects = new Map<string, StoredProject>();
  const ids = sortedList<string, string>((a, b) => (a === b ? 0 : a < b ? -1 : 1));

  return {
    async find(projectId) {
      return projects.get(projectId);
    },

    async save(project) {
      const stored = projects.get(project.project_id);
      refuseUnlessNext('Project', project.project_id, stored, project.version);
      projects.set(project.project_id, frozenCopy(project));
      if (stored === undefined) ids.add(project.project_id);
    },

    async list({ limit, after }) {
      const items: StoredProject[] = [];
      for (const id of ids.after(after)) {
        const last = items.at(-1);
        if (items.length === limit && last !== undefined) return { items, next: last.project_id };
        const project = projects.get(id);
        if (project !== undefined) items.push(project);
      }
      return { items };
    },

    async remove(projectId, version) {
      refuseUnlessAt('Project', projectId, projects.get(projectId), version);
      if (projects.delete(projectId)) ids.remove(projectId);
    },
  };
};
