import type { Project } from '../domain/projects/project.ts';

/** A project as the API answers it: `json` is its serialised form, passed on as it is. */
export type ProjectDocument = Readonly<{ project_id: string; version: number; json: string }>;

/** `absent`: the store was asked a moment ago and had no such project. */
export type ProjectAnswer = ProjectDocument | 'absent' | undefined;

/**
 * Projects kept near, by the rules of `TaskCache`: an entry lives for `CACHE_TTL.live`, for a project always changes,
 * counted from `asOf`, a moment before the store was asked, by default now. A cache that cannot answer behaves as one
 * that is empty: no method throws.
 */
export interface ProjectCache {
  /** What the cache knows of a project, undefined where it knows nothing. One round trip. */
  find(projectId: string): Promise<ProjectAnswer>;

  /** Keeps a project, as the API tells it; an entry with the same or a higher version stays as it is. */
  save(project: Project, asOf?: number): Promise<void>;

  /** Remembers briefly that there is no such project; an entry that exists stays. */
  markAbsent(projectId: string, asOf?: number): Promise<void>;

  /** Forgets a project that was deleted, in a way that a late `save` does not undo for a while. */
  remove(projectId: string): Promise<void>;
}
