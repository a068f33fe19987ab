import type { ProjectWebhooks } from '../../domain/webhooks/webhook.ts';
import type { WebhookStore } from '../../ports/webhook-store.ts';
import { frozenCopy } from './frozen-copy.ts';
import { refuseUnlessNext } from './versions.ts';

/** Webhooks in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryWebhookStore = (): WebhookStore => {
  const kept = new Map<string, ProjectWebhooks>();

  return {
    async find(projectId) {
      return kept.get(projectId);
    },

    async save(webhooks) {
      const { project_id, version } = webhooks;
      refuseUnlessNext('Webhooks of project', project_id, kept.get(project_id), version);
      kept.set(project_id, frozenCopy(webhooks));
    },

    async remove(projectId) {
      kept.delete(projectId);
    },
  };
};
