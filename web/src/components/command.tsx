import { useSignal } from '@preact/signals';
import { t } from '../i18n.ts';

/** A command to try, and a button that copies it. */
export const Command = ({ text }: Readonly<{ text: string }>) => {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
      setTimeout(() => {
        copied.value = false;
      }, 2_000);
    } catch {
      // No clipboard on a page without HTTPS: the text can be selected.
    }
  };
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" onClick={copy} aria-live="polite">
        {copied.value ? t.value.copied : t.value.copy}
      </button>
    </div>
  );
};
