import type { Page } from '../domain/page.ts';
import type { StoredProject } from '../domain/projects/project.ts';

/** `limit` is 1–100; `after` is the id at which the page before ended. */
export type ProjectQuery = Readonly<{ limit: number; after?: string }>;

/** Projects. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface ProjectStore {
  /** The project, undefined where there is none. Sees every save that ended before. */
  find(projectId: string): Promise<StoredProject | undefined>;

  /**
   * Keeps a project. `version` 1 creates it; a higher one replaces the version before it.
   *
   * What another version has stored with it comes back as `unknown`, and is kept by saving what was found, changed: no
   * save reads anything for it.
   *
   * @throws MiyabiError `already_exists` where a new project's id is taken.
   * @throws MiyabiError `version_conflict` where the stored version is not the one before, or the project is gone.
   */
  save(project: StoredProject): Promise<void>;

  /**
   * A page of projects, in an order that is stable but otherwise the backend's own. It may trail the latest saves by
   * a moment, and a page may hold fewer than `limit` and still have a `next`.
   */
  list(query: ProjectQuery): Promise<Page<StoredProject, string>>;

  /**
   * Removes the project; with a `version`, that version of it and no other. Removing what is not there is no error.
   * Its tasks stay.
   *
   * @throws MiyabiError `version_conflict` where the stored version is another.
   */
  remove(projectId: string, version?: number): Promise<void>;
}
