import type { Webhook } from '../../client/index.ts';
import type { TaskEventType } from '../../domain/tasks/events.ts';
import type { WebhookFormat } from '../../domain/webhooks/webhook.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { withServer } from '../session.ts';
import { type ClientSettings, projectOf } from '../settings.ts';
import { table } from '../terminal/table.ts';

export type WebhookOptions = Readonly<{ project?: string; json?: boolean }>;

export const listWebhooks = (options: WebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson, look, columns }) => {
    const answer = await client.request('GET /api/projects/{project_id}/webhooks', {
      path: { project_id: projectIn(settings, options) },
    });
    if (options.json) {
      printJson(answer);
      return;
    }
    const { webhooks } = answer;
    if (webhooks.length === 0) {
      print('No webhooks. miyabi webhooks add URL makes one.\n');
      return;
    }
    print(
      table(
        [
          { title: 'URL', shrinks: true },
          { title: 'FORMAT', spare: true },
          { title: 'EVENTS', spare: true },
          { title: 'ACTIVE', spare: true },
          { title: 'LAST', shrinks: true, spare: true },
          { title: 'ID' },
        ],
        webhooks.map((webhook) => [
          { text: webhook.url },
          // An earlier server does not say.
          { text: webhook.format ?? 'generic' },
          { text: eventsOf(webhook) },
          { text: webhook.active ? 'yes' : 'no' },
          lastOf(webhook),
          { text: webhook.webhook_id, paint: 'dim' as const },
        ]),
        { look, columns },
      ),
    );
  });

export type AddWebhookOptions = WebhookOptions &
  Readonly<{ event?: readonly TaskEventType[]; format: WebhookFormat }>;

export const addWebhook = (url: string, options: AddWebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson }) => {
    const answer = await client.request('POST /api/projects/{project_id}/webhooks', {
      path: { project_id: projectIn(settings, options) },
      // An earlier server knows no formats.
      body: {
        url,
        events: options.event,
        format: options.format === 'generic' ? undefined : options.format,
      },
    });
    const { webhook_id, secret } = answer.webhook;
    if (options.json) printJson(answer);
    else print(`Webhook:                 ${webhook_id}\nSecret, shown only now:  ${secret}\n`);
  });

export const removeWebhook = (id: string, options: WebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, printJson }) => {
    await client.request('DELETE /api/projects/{project_id}/webhooks/{webhook_id}', {
      path: { project_id: projectIn(settings, options), webhook_id: id },
    });
    if (options.json) printJson({ webhook_id: id, status: 'removed' });
  });

export const testWebhook = (id: string, options: WebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson }) => {
    const answer = await client.request('POST /api/projects/{project_id}/webhooks/{webhook_id}/test', {
      path: { project_id: projectIn(settings, options), webhook_id: id },
    });
    if (options.json) printJson(answer);
    else print('On its way; miyabi webhooks list shows what comes of it.\n');
  });

const projectIn = ({ project: byDefault }: ClientSettings, { project }: WebhookOptions): string => {
  const chosen = project === undefined ? byDefault : projectOf(project, '--project');
  if (chosen === undefined)
    throw new CommandFailure(EXIT.usage, 'name the project: --project ID or MIYABI_PROJECT');
  return chosen;
};

/** `completed, failed` of `task.completed`, `task.failed`. */
const eventsOf = ({ events }: Webhook): string =>
  events.map((event) => event.replace('task.', '')).join(', ');

const lastOf = ({ last_delivery: last }: Webhook) => {
  if (last === null) return { text: '' };
  const { outcome } = last;
  const said = last.error ?? last.status_code;
  const text = `${outcome}${said === undefined || outcome === 'delivered' ? '' : `: ${said}`}`;
  return outcome === 'failed' ? { text, paint: 'red' as const } : { text };
};
