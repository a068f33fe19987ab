import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from './i18n.ts';
import { ended } from './state/store.ts';

const NAME = 'Miyabi';

const page = signal('');
/** How many tasks have failed while this tab was out of sight. */
const unseen = signal(0);

/** Names the page in the browser's tab and history. What changes comes first, as a tab shows little more. */
export const useTitle = (name: string): void => {
  useEffect(() => {
    page.value = name;
  }, [name]);
};

/** Writes the title: the page's name, and before it what has failed since one has last looked. */
export const startTitle = (): void => {
  effect(() => {
    const failed = ended.value.filter(({ status }) => status === 'failed').length;
    if (document.hidden) unseen.value = unseen.peek() + failed;
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) unseen.value = 0;
  });
  effect(() => {
    const failed = unseen.value === 0 ? [] : [t.value.unseenFailures(unseen.value)];
    const parts = [...failed, ...(page.value === '' ? [] : [page.value])];
    document.title = parts.length === 0 ? `${NAME} Progress` : [...parts, NAME].join(' · ');
  });
};
