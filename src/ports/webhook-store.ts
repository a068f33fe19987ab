import type { ProjectWebhooks } from '../domain/webhooks/webhook.ts';

/** The webhooks of projects. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface WebhookStore {
  /** Those of a project, undefined where there never were any. Sees every save that ended before. */
  find(projectId: string): Promise<ProjectWebhooks | undefined>;

  /**
   * Keeps them, all at once. `version` 1 is the first write; a higher one replaces the version before it.
   *
   * What another version has stored with them, or with one of them, comes back as `unknown`, and is kept by saving what was
   * found, changed: no save reads anything for it.
   *
   * @throws MiyabiError `already_exists` where there is something before the first write.
   * @throws MiyabiError `version_conflict` where the stored version is not the one before, or is gone.
   */
  save(webhooks: ProjectWebhooks): Promise<void>;

  /** Removes those of a project. Removing what is not there is no error. */
  remove(projectId: string): Promise<void>;
}
