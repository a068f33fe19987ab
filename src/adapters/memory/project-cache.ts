import { LRUCache } from 'lru-cache';
import type { Clock } from '../../ports/clock.ts';
import type { ProjectCache, ProjectDocument } from '../../ports/project-cache.ts';
import { CACHE_TTL } from '../../ports/task-cache.ts';

export type MemoryProjectCacheOptions = Readonly<{
  clock: Clock;
  /** How many entries to keep, by default 1,000. The least recently used ones are dropped. */
  capacity?: number;
}>;

type Entry = Readonly<{ until: number; says: ProjectDocument | 'absent' | 'removed' }>;

/** A cache of projects in this process's memory. */
export const memoryProjectCache = ({ clock, capacity = 1_000 }: MemoryProjectCacheOptions): ProjectCache => {
  const entries = new LRUCache<string, Entry>({ max: capacity });

  const known = (projectId: string): Entry['says'] | undefined => {
    const entry = entries.get(projectId);
    return entry === undefined || entry.until <= clock.now() ? undefined : entry.says;
  };

  return {
    async find(projectId) {
      const says = known(projectId);
      return says === 'removed' ? undefined : says;
    },

    async save(project, asOf = clock.now()) {
      const until = asOf + CACHE_TTL.live;
      const { project_id, version } = project;
      const says = known(project_id);
      if (until <= clock.now() || says === 'removed') return;
      if (typeof says === 'object' && says.version >= version) return;
      entries.set(project_id, {
        until,
        says: Object.freeze({ project_id, version, json: JSON.stringify(project) }),
      });
    },

    async markAbsent(projectId, asOf = clock.now()) {
      if (known(projectId) !== undefined) return;
      entries.set(projectId, { until: asOf + CACHE_TTL.absent, says: 'absent' });
    },

    async remove(projectId) {
      entries.set(projectId, { until: clock.now() + CACHE_TTL.removed, says: 'removed' });
    },
  };
};
