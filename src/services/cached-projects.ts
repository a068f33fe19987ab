import { LRUCache } from 'lru-cache';
import { publicProject, type StoredProject } from '../domain/projects/project.ts';
import type { Ports } from '../ports/ports.ts';
import type { ProjectStore } from '../ports/project-store.ts';

/**
 * The store of projects. Everything it writes also goes to the cache. It keeps the projects that this process read or
 * wrote last; `find` still reads the store, because a change must not start from an old copy.
 */
export type CachedProjectStore = ProjectStore &
  Readonly<{
    /** Takes a project that this process has written by another port, `asOf` a moment before. */
    written(project: StoredProject, asOf: number): Promise<void>;
    /** Whether this process has seen that the project exists. */
    isKnown(projectId: string): boolean;
    /** A moment in the order of this process's reads and writes of projects. */
    mark(): number;
    /**
     * The project as this process last saw it, if it has seen no other version since the mark. Another process may have
     * written it: save the next version, and read again if that conflicts.
     */
    unchangedSince(projectId: string, mark: number): StoredProject | undefined;
  }>;

const MAX_KNOWN = 1_000;

export const cachedProjects = ({
  projectStore,
  projectCache,
  clock,
}: Pick<Ports, 'projectStore' | 'projectCache' | 'clock'>): CachedProjectStore => {
  const known = new LRUCache<string, Readonly<{ project: StoredProject; since: number }>>({ max: MAX_KNOWN });
  let sequence = 0;

  const remember = (project: StoredProject): void => {
    const seen = known.get(project.project_id)?.project;
    const isOlder = seen?.created_at === project.created_at && seen.version >= project.version;
    if (isOlder) return;
    sequence += 1;
    known.set(project.project_id, { project, since: sequence });
  };

  const written = async (project: StoredProject, asOf: number): Promise<void> => {
    remember(project);
    await projectCache.save(publicProject(project), asOf);
  };

  return {
    async find(projectId) {
      const project = await projectStore.find(projectId);
      if (project === undefined) known.delete(projectId);
      else remember(project);
      return project;
    },

    async save(project) {
      const asOf = clock.now();
      try {
        await projectStore.save(project);
      } catch (error) {
        known.delete(project.project_id);
        throw error;
      }
      await written(project, asOf);
    },

    written,

    list(query) {
      return projectStore.list(query);
    },

    async remove(projectId, version) {
      await projectStore.remove(projectId, version);
      known.delete(projectId);
      await projectCache.remove(projectId);
    },

    isKnown: (projectId) => known.has(projectId),

    mark: () => sequence,

    unchangedSince(projectId, mark) {
      const entry = known.get(projectId);
      return entry !== undefined && entry.since <= mark ? entry.project : undefined;
    },
  };
};
