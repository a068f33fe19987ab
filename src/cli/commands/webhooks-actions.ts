import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { refusal } from '../api-client.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { withServer } from '../session.ts';
import { type ClientSettings, projectOf } from '../settings.ts';
import { table } from '../terminal/table.ts';
import { numberOf, textOf } from '../terminal/views.ts';

export type WebhookOptions = Readonly<{ project?: string; json?: boolean }>;

export const listWebhooks = (options: WebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson, look, columns }) => {
    const answer = await client.json({ method: 'GET', path: pathOf(settings, options) });
    if (options.json) {
      printJson(answer);
      return;
    }
    const webhooks =
      isJsonObject(answer) && Array.isArray(answer.webhooks) ? answer.webhooks.filter(isJsonObject) : [];
    if (webhooks.length === 0) {
      print('No webhooks. miyabi webhooks add URL makes one.\n');
      return;
    }
    print(
      table(
        [
          { title: 'URL', shrinks: true },
          { title: 'EVENTS', spare: true },
          { title: 'ACTIVE', spare: true },
          { title: 'LAST', shrinks: true, spare: true },
          { title: 'ID' },
        ],
        webhooks.map((webhook) => [
          { text: textOf(webhook, 'url') ?? '' },
          { text: eventsOf(webhook) },
          { text: webhook.active === true ? 'yes' : 'no' },
          lastOf(webhook),
          { text: textOf(webhook, 'webhook_id') ?? '', paint: 'dim' as const },
        ]),
        { look, columns },
      ),
    );
  });

export type AddWebhookOptions = WebhookOptions & Readonly<{ event?: readonly string[] }>;

export const addWebhook = (url: string, options: AddWebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson }) => {
    const answer = await client.json({
      method: 'POST',
      path: pathOf(settings, options),
      body: JSON.stringify({ url, events: options.event }),
    });
    if (options.json) printJson(answer);
    else if (isJsonObject(answer) && isJsonObject(answer.webhook)) {
      const { webhook_id, secret } = answer.webhook;
      print(`Webhook:                 ${String(webhook_id)}\nSecret, shown only now:  ${String(secret)}\n`);
    }
  });

export const removeWebhook = (id: string, options: WebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, printJson }) => {
    const answer = await client.send({ method: 'DELETE', path: pathOf(settings, options, id) });
    if (answer.status >= 300) throw refusal(answer, client.url);
    if (options.json) printJson({ webhook_id: id, status: 'removed' });
  });

export const testWebhook = (id: string, options: WebhookOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson }) => {
    const answer = await client.json({ method: 'POST', path: `${pathOf(settings, options, id)}/test` });
    if (options.json) printJson(answer);
    else print('On its way; miyabi webhooks list shows what comes of it.\n');
  });

const pathOf = ({ project: byDefault }: ClientSettings, { project }: WebhookOptions, id?: string): string => {
  const chosen = project === undefined ? byDefault : projectOf(project, '--project');
  if (chosen === undefined)
    throw new CommandFailure(EXIT.usage, 'name the project: --project ID or MIYABI_PROJECT');
  const path = `/api/projects/${encodeURIComponent(chosen)}/webhooks`;
  return id === undefined ? path : `${path}/${encodeURIComponent(id)}`;
};

/** `completed, failed` of `task.completed`, `task.failed`. */
const eventsOf = ({ events }: JsonObject): string =>
  Array.isArray(events) ? events.map((event) => String(event).replace('task.', '')).join(', ') : '';

const lastOf = ({ last_delivery: last }: JsonObject) => {
  if (!isJsonObject(last)) return { text: '' };
  const outcome = textOf(last, 'outcome') ?? '';
  const said = textOf(last, 'error') ?? numberOf(last, 'status_code');
  const text = `${outcome}${said === undefined || outcome === 'delivered' ? '' : `: ${said}`}`;
  return outcome === 'failed' ? { text, paint: 'red' as const } : { text };
};
