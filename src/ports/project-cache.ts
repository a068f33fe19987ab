import type { Project } from '../domain/projects/project.ts';

/** A project as the API answers it: `json` is its serialised form, passed on as it is. */
export type ProjectDocument = Readonly<{ project_id: string; version: number; json: string }>;

/** `absent`: the store was read a moment ago and had no such project. */
export type ProjectAnswer = ProjectDocument | 'absent' | undefined;

/**
 * A cache of projects with the rules of `TaskCache`: an entry lives for `CACHE_TTL.live`, because a project always
 * changes, counted from `asOf`, a moment before the store was read, by default now. A cache that cannot answer behaves
 * like an empty one: no method throws.
 */
export interface ProjectCache {
  /** What the cache has of a project, undefined if nothing. One round trip. */
  find(projectId: string): Promise<ProjectAnswer>;

  /** Stores a project as the API answers it. An entry with the same or a higher version stays. */
  save(project: Project, asOf?: number): Promise<void>;

  /** Stores briefly that there is no such project. An existing entry stays. */
  markAbsent(projectId: string, asOf?: number): Promise<void>;

  /** Removes a deleted project. For a while, a late `save` does not bring it back. */
  remove(projectId: string): Promise<void>;
}
