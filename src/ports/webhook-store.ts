import type { ProjectWebhooks } from '../domain/webhooks/webhook.ts';

/** The webhooks of projects. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface WebhookStore {
  /** The webhooks of a project, undefined if there never were any. Strongly consistent. */
  find(projectId: string): Promise<ProjectWebhooks | undefined>;

  /**
   * Stores all webhooks of a project at once. `version` 1 is the first write; a higher one replaces the version before
   * it.
   *
   * Fields that another release stored come back as `unknown`. They are kept if what was read is changed and saved.
   *
   * @throws MiyabiError `already_exists` where a first write finds webhooks.
   * @throws MiyabiError `version_conflict` where the stored version is not the previous one, or was removed.
   */
  save(webhooks: ProjectWebhooks): Promise<void>;

  /** Removes the webhooks of a project. If there are none, that is no error. */
  remove(projectId: string): Promise<void>;
}
