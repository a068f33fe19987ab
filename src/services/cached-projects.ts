import { publicProject, type StoredProject } from '../domain/projects/project.ts';
import type { Ports } from '../ports/ports.ts';
import type { ProjectStore } from '../ports/project-store.ts';

/**
 * A store of projects that tells the cache of everything it writes, whoever writes it. It reads from the store alone:
 * what is to be changed must not come out of a cache.
 */
export const cachedProjects = ({
  projectStore: projects,
  projectCache: cache,
  clock,
}: Pick<Ports, 'projectStore' | 'projectCache' | 'clock'>): ProjectStore => ({
  find(projectId) {
    return projects.find(projectId);
  },

  async save(project: StoredProject) {
    const asOf = clock.now();
    await projects.save(project);
    await cache.save(publicProject(project), asOf);
  },

  list(query) {
    return projects.list(query);
  },

  async remove(projectId, version) {
    await projects.remove(projectId, version);
    await cache.remove(projectId);
  },
});
