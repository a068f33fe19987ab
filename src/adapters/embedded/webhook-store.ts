import type { ProjectWebhooks } from '../../domain/webhooks/webhook.ts';
import type { WebhookStore } from '../../ports/webhook-store.ts';
import { refuseUnlessNext } from '../memory/versions.ts';
import { webhooksCodec } from './codecs.ts';
import type { Database } from './database.ts';
import { keyOf } from './keys.ts';

const webhooksKey = (projectId: string): string => keyOf('w', projectId);

const decoded = (projectId: string, value: string | undefined): ProjectWebhooks | undefined =>
  value === undefined ? undefined : webhooksCodec.decode(projectId, value);

/** The webhooks of a project as one record. */
export const embeddedWebhookStore = ({ database }: Readonly<{ database: Database }>): WebhookStore => ({
  async find(projectId) {
    const value = await database.get(webhooksKey(projectId));
    try {
      return decoded(projectId, value);
    } catch (error) {
      throw database.damaged(error);
    }
  },

  async save(webhooks) {
    const { project_id, version } = webhooks;
    const key = webhooksKey(project_id);
    await database.write((change) => {
      refuseUnlessNext('Webhooks of project', project_id, decoded(project_id, change.get(key)), version);
      change.put(key, webhooksCodec.encode(webhooks));
    });
  },

  async remove(projectId) {
    const key = webhooksKey(projectId);
    await database.write((change) => {
      if (change.get(key) !== undefined) change.remove(key);
    });
  },
});
