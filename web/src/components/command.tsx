import { useSignal } from '@preact/signals';
import { t } from '../i18n.ts';

/** Copies a text, and says so for a moment. */
export const Copy = ({ text }: Readonly<{ text: string | (() => string) }>) => {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      copied.value = true;
      setTimeout(() => {
        copied.value = false;
      }, 2_000);
    } catch {
      // A page without HTTPS has no clipboard: the text can be selected.
    }
  };
  return (
    <button type="button" class="copy" onClick={copy} aria-live="polite">
      {copied.value ? t.value.copied : t.value.copy}
    </button>
  );
};

/** A command to try. */
export const Command = ({ text }: Readonly<{ text: string }>) => (
  <div class="command">
    <code>{text}</code>
    <Copy text={text} />
  </div>
);

/** A name to copy, mostly for a command line. */
export const Copyable = ({ text }: Readonly<{ text: string }>) => (
  <span class="copyable">
    <code>{text}</code>
    <Copy text={text} />
  </span>
);
