import type { Page } from '../domain/page.ts';
import type { StoredProject } from '../domain/projects/project.ts';

/** `limit` is 1–100; `after` is the id at which the previous page ended. */
export type ProjectQuery = Readonly<{ limit: number; after?: string }>;

/** Projects. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface ProjectStore {
  /** The project, undefined if there is none. Strongly consistent. */
  find(projectId: string): Promise<StoredProject | undefined>;

  /**
   * Stores a project. `version` 1 creates it; a higher one replaces the version before it.
   *
   * Fields that another release stored come back as `unknown`. They are kept if what was read is changed and saved.
   *
   * @throws MiyabiError `already_exists` where a new project's id is taken.
   * @throws MiyabiError `version_conflict` where the stored version is not the previous one, or the project was
   * removed.
   */
  save(project: StoredProject): Promise<void>;

  /**
   * A page of projects, in a stable order that the backend chooses. It may miss the latest saves for a moment, and may
   * hold fewer than `limit` projects and still have a `next`.
   */
  list(query: ProjectQuery): Promise<Page<StoredProject, string>>;

  /**
   * Removes the project; with a `version`, only that version. Removing a missing project is no error. Its tasks stay.
   *
   * @throws MiyabiError `version_conflict` where the stored version is another.
   */
  remove(projectId: string, version?: number): Promise<void>;
}
