import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { MiyabiApiError, type Webhook } from '../../../src/client/index.ts';
import { listWebhooks, testWebhook, type WebhookList } from '../api.ts';
import { t } from '../i18n.ts';
import { useReading } from '../state/reading.ts';
import { FORMAT_NAMES } from '../webhooks/names.ts';
import { LazyWebhookForm } from './lazy-webhook-form.tsx';
import { Ago } from './times.tsx';

/** How long after a test message its result is asked for, in milliseconds; on AWS messages go out once a minute. */
const RESULT_AFTER = [300, 700, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];

/** The webhooks of a project with their latest results, and a form to add, change and delete them. */
export const Webhooks = ({ projectId }: Readonly<{ projectId: string }>) => {
  const held = useSignal<WebhookList | undefined>(undefined);
  /** The webhook that the form shows; `new` for one that is to be added. */
  const shown = useSignal<Webhook | 'new' | undefined>(undefined);
  const testing = useSignal('');
  const fault = useSignal('');
  const section = useRef<HTMLElement>(null);
  const isHere = useRef(true);
  useEffect(
    () => () => {
      isHere.current = false;
    },
    [],
  );

  const read = async () => {
    held.value = await listWebhooks(projectId);
  };
  useReading(read);

  const close = async (opener: string) => {
    shown.value = undefined;
    await read();
    // The focus returns to where the form was opened.
    requestAnimationFrame(() => {
      const button = section.current?.querySelector<HTMLElement>(`[data-opens="${opener}"]`);
      (button ?? section.current?.querySelector<HTMLElement>('[data-opens="new"]'))?.focus();
    });
  };

  const test = async (webhook: Webhook) => {
    const { webhook_id } = webhook;
    testing.value = webhook_id;
    fault.value = '';
    try {
      const sent = await testWebhook(webhook);
      for (const ms of RESULT_AFTER) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        if (!isHere.current || testing.peek() !== webhook_id) return;
        await read();
        const now = held.peek()?.webhooks.find((one) => one.webhook_id === webhook_id);
        if (now === undefined || now.last_delivery?.delivery_id === sent) break;
      }
    } catch (error) {
      if (!(error instanceof MiyabiApiError)) throw error;
      fault.value = error.message;
    }
    if (testing.peek() === webhook_id) testing.value = '';
  };

  if (held.value === undefined) return null;
  const { webhooks, canChange } = held.value;
  if (webhooks.length === 0 && !canChange) return null;
  const { webhook: words } = t.value;
  return (
    <section class="section facts webhooks" ref={section}>
      <h2>{t.value.webhooks}</h2>
      {webhooks.length === 0 ? (
        <p class="empty">{words.none}</p>
      ) : (
        <dl>
          {webhooks.map((webhook) => {
            const host = hostOf(webhook.url);
            return (
              <div key={webhook.webhook_id}>
                <dt>
                  {host}
                  {FORMAT_NAMES[webhook.format] === undefined ? '' : ` (${FORMAT_NAMES[webhook.format]})`}
                </dt>
                <dd>
                  <Result webhook={webhook} isTesting={testing.value === webhook.webhook_id} />
                  {canChange && (
                    <span class="actions">
                      {webhook.active && (
                        <button
                          type="button"
                          class="plain"
                          aria-label={words.testOf(host)}
                          onClick={() => void test(webhook)}
                        >
                          {words.test}
                        </button>
                      )}
                      <button
                        type="button"
                        class="plain"
                        data-opens={webhook.webhook_id}
                        aria-label={words.changeOf(host)}
                        onClick={() => {
                          shown.value = webhook;
                        }}
                      >
                        {words.change}
                      </button>
                    </span>
                  )}
                </dd>
              </div>
            );
          })}
        </dl>
      )}
      {fault.value !== '' && (
        <p class="refused" role="alert">
          {fault}
        </p>
      )}
      {!canChange ? null : shown.value === undefined ? (
        <button
          type="button"
          class="more"
          data-opens="new"
          onClick={() => {
            shown.value = 'new';
          }}
        >
          {words.add}
        </button>
      ) : (
        <LazyWebhookForm
          projectId={projectId}
          webhook={shown.value === 'new' ? undefined : shown.value}
          onSaved={() => void read()}
          onClose={() => void close(idOf(shown.peek()))}
        />
      )}
    </section>
  );
};

const idOf = (webhook: Webhook | 'new' | undefined): string =>
  typeof webhook === 'object' ? webhook.webhook_id : 'new';

const Result = ({ webhook, isTesting }: Readonly<{ webhook: Webhook; isTesting: boolean }>) => {
  const { active, last_delivery: last } = webhook;
  const { switchedOff, notYetSent, delivery, webhook: words } = t.value;
  const reason = last?.error ?? (last?.status_code === undefined ? '' : `HTTP ${last.status_code}`);
  const outcome =
    last === null
      ? active && notYetSent
      : `${delivery[last.outcome]}${last.outcome === 'delivered' || reason === '' ? '' : ` (${reason})`}`;
  const said = [active ? '' : switchedOff, outcome].filter((part) => part !== '' && part !== false);
  return (
    <span>
      <span role="status" class={last?.outcome === 'failed' && !isTesting ? 'word-failed' : ''}>
        {isTesting ? words.testing : said.join(' · ')}
      </span>
      {last !== null && !isTesting && (
        <>
          {' · '}
          <Ago at={last.at} />
        </>
      )}
    </span>
  );
};

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
