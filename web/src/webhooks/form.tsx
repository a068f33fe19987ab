import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { MiyabiApiError, type Webhook } from '../../../src/client/index.ts';
import { TASK_EVENTS } from '../../../src/domain/tasks/events.ts';
import { WEBHOOK_FORMATS, type WebhookFormat } from '../../../src/domain/webhooks/webhook.ts';
import { changeWebhook, createWebhook, deleteWebhook, type WebhookChange } from '../api.ts';
import { Copyable } from '../components/command.tsx';
import type { WebhookFormProps } from '../components/lazy-webhook-form.tsx';
import { t } from '../i18n.ts';
import { FORMAT_NAMES } from './names.ts';
import './form.css';

/** Adds a webhook and shows its secret once, or changes or deletes one. */
export const WebhookForm = ({ projectId, webhook, onSaved, onClose }: WebhookFormProps) => {
  const url = useSignal(webhook?.url ?? '');
  const format = useSignal<WebhookFormat>(webhook?.format ?? 'generic');
  const events = useSignal<Webhook['events']>(webhook?.events ?? TASK_EVENTS.slice());
  const active = useSignal(webhook?.active ?? true);
  const secret = useSignal<string | undefined>(undefined);
  const fault = useSignal('');
  const busy = useSignal(false);
  const isDeleting = useSignal(false);
  const first = useRef<HTMLInputElement>(null);
  const done = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  useEffect(() => done.current?.focus(), [secret.value]);

  /** Runs one request at a time, and shows why one was refused. */
  const ask = async (request: () => Promise<void>) => {
    if (busy.peek()) return;
    busy.value = true;
    fault.value = '';
    try {
      await request();
    } catch (error) {
      if (!(error instanceof MiyabiApiError)) throw error;
      fault.value = error.message;
    } finally {
      busy.value = false;
    }
  };

  const save = async () => {
    if (events.peek().length === 0) {
      fault.value = t.value.webhook.noEvent;
      return;
    }
    const wanted = { url: url.peek().trim(), format: format.peek(), events: events.peek() };
    await ask(async () => {
      if (webhook !== undefined) {
        await changeWebhook(webhook, changesOf(webhook, { ...wanted, active: active.peek() }));
        onClose();
        return;
      }
      secret.value = (await createWebhook(projectId, { ...wanted, events: [...wanted.events] })).secret;
      onSaved();
    });
  };

  const words = t.value.webhook;
  if (secret.value !== undefined)
    return (
      <div class="webhook-form">
        <h3>{words.secret}</h3>
        <Copyable text={secret.value} />
        <p class="note">{words.secretHelp}</p>
        <p class="actions">
          <button type="button" class="button" ref={done} onClick={onClose}>
            {words.close}
          </button>
        </p>
      </div>
    );
  return (
    <form
      class="webhook-form"
      aria-label={webhook === undefined ? words.add : words.changeOf(webhook.url)}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <div class="field">
        <label for="webhook-url">{words.url}</label>
        <input
          id="webhook-url"
          ref={first}
          type="url"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby={fault.value === '' ? undefined : 'webhook-fault'}
          value={url.value}
          onInput={(event) => {
            url.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class="field">
        <label for="webhook-format">{words.format}</label>
        <select
          id="webhook-format"
          value={format.value}
          onChange={({ currentTarget: { value } }) => {
            format.value = WEBHOOK_FORMATS.find((one) => one === value) ?? 'generic';
          }}
        >
          {WEBHOOK_FORMATS.map((one) => (
            <option key={one} value={one}>
              {FORMAT_NAMES[one] ?? words.generic}
            </option>
          ))}
        </select>
      </div>
      <fieldset>
        <legend>{words.events}</legend>
        {TASK_EVENTS.map((one) => (
          <label key={one}>
            <input
              type="checkbox"
              checked={events.value.includes(one)}
              onChange={(event) => {
                const others = events.peek().filter((known) => known !== one);
                events.value = event.currentTarget.checked ? [...others, one] : others;
              }}
            />
            {words.event[one]}
          </label>
        ))}
      </fieldset>
      {webhook !== undefined && (
        <label class="check">
          <input
            type="checkbox"
            checked={active.value}
            onChange={(event) => {
              active.value = event.currentTarget.checked;
            }}
          />
          {words.active}
        </label>
      )}
      {fault.value !== '' && (
        <p id="webhook-fault" class="refused" role="alert">
          {fault}
        </p>
      )}
      <p class="actions">
        <button type="submit" class="button" aria-busy={busy.value}>
          {words.save}
        </button>
        <button type="button" class="plain" onClick={onClose}>
          {words.cancel}
        </button>
        {webhook !== undefined && (
          <button
            type="button"
            class="plain remove"
            onClick={() => {
              if (!isDeleting.peek()) {
                isDeleting.value = true;
                return;
              }
              void ask(async () => {
                await deleteWebhook(webhook);
                onClose();
              });
            }}
          >
            {isDeleting.value ? words.removeNow : words.remove}
          </button>
        )}
      </p>
    </form>
  );
};

/** What differs; a key that may only read sees but a part of the URL, and a newer server may know more events. */
const changesOf = (
  before: Webhook,
  after: Readonly<Pick<Webhook, 'url' | 'format' | 'events' | 'active'>>,
): WebhookChange => ({
  ...(after.url === before.url ? {} : { url: after.url }),
  ...(after.format === before.format ? {} : { format: after.format }),
  ...(after.active === before.active ? {} : { active: after.active }),
  ...([...after.events].sort().join() === [...before.events].sort().join()
    ? {}
    : { events: [...after.events] }),
});
