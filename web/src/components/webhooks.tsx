import { useSignal } from '@preact/signals';
import type { Webhook } from '../../../src/client/index.ts';
import { listWebhooks } from '../api.ts';
import { t } from '../i18n.ts';
import { useReading } from '../state/reading.ts';
import { Ago } from './times.tsx';

/** The webhooks of a project and their latest results, as they were when the page was opened. */
export const Webhooks = ({ projectId }: Readonly<{ projectId: string }>) => {
  const webhooks = useSignal<readonly Webhook[]>([]);
  useReading(async () => {
    webhooks.value = await listWebhooks(projectId);
  });
  if (webhooks.value.length === 0) return null;
  return (
    <section class="section facts">
      <h2>{t.value.webhooks}</h2>
      <dl>
        {webhooks.value.map((webhook) => (
          <div key={webhook.webhook_id}>
            <dt>
              {hostOf(webhook.url)}
              {FORMAT_NAMES[webhook.format] ?? ''}
            </dt>
            <dd>
              <Result webhook={webhook} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
};

const Result = ({ webhook: { active, last_delivery: last } }: Readonly<{ webhook: Webhook }>) => {
  const { switchedOff, notYetSent, delivery } = t.value;
  const off = active ? '' : `${switchedOff} · `;
  if (last === null) return <>{active ? notYetSent : switchedOff}</>;
  const reason = last.error ?? (last.status_code === undefined ? '' : `HTTP ${last.status_code}`);
  return (
    <>
      {off}
      <span class={last.outcome === 'failed' ? 'word-failed' : ''}>{delivery[last.outcome]}</span>
      {last.outcome === 'delivered' || reason === '' ? '' : ` (${reason})`} · <Ago at={last.at} />
    </>
  );
};

/** Names of products, the same in every language. */
const FORMAT_NAMES: Readonly<Record<string, string>> = {
  slack: ' (Slack)',
  teams: ' (Teams)',
  discord: ' (Discord)',
};

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
