import type { WebhookStore } from '../../ports/webhook-store.ts';
import { isNext, newWriteId, refusal, type TableOptions, tableOf } from './table.ts';
import { projectWebhooksFromItem, projectWebhooksKey, projectWebhooksToItem } from './webhook-item.ts';

/** The webhooks of a project as one item of the webhooks table. */
export const dynamodbWebhookStore = (options: TableOptions): WebhookStore => {
  const table = tableOf(options);

  return {
    async find(projectId) {
      const item = await table.get(projectWebhooksKey(projectId));
      return item === undefined ? undefined : projectWebhooksFromItem(item);
    },

    async save(webhooks) {
      const { project_id, version } = webhooks;
      const isSaved = await table.putIf(
        projectWebhooksToItem(webhooks, newWriteId()),
        projectWebhooksKey(project_id),
        isNext(version, 'owner'),
      );
      if (!isSaved) throw refusal('Webhooks of project', project_id, version);
    },

    async remove(projectId) {
      await table.remove(projectWebhooksKey(projectId));
    },
  };
};
