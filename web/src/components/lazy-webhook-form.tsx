import { type Signal, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { Webhook } from '../../../src/client/index.ts';

export type WebhookFormProps = Readonly<{
  projectId: string;
  /** The webhook to change; undefined adds one. */
  webhook: Webhook | undefined;
  /** A webhook was added; the form stays, to show its secret. */
  onSaved(): void;
  onClose(): void;
}>;

const loaded: Signal<ComponentType<WebhookFormProps> | undefined> = signal(undefined);
let requested = false;

const load = async (): Promise<void> => {
  if (requested) return;
  requested = true;
  try {
    loaded.value = (await import('../webhooks/form.tsx')).WebhookForm;
  } catch {
    // The server is away just now; the next click asks again.
    requested = false;
  }
};

/** The form of a webhook, fetched when it is first opened. */
export const LazyWebhookForm = (props: WebhookFormProps) => {
  void load();
  const Form = loaded.value;
  return Form === undefined ? null : <Form key={props.webhook?.webhook_id ?? 'new'} {...props} />;
};
