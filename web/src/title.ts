import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from './i18n.ts';
import { ended } from './state/store.ts';

const NAME = 'Miyabi';

const page = signal('');
/** How many tasks have failed while this tab was hidden. */
const unseen = signal(0);

/** The page's name in the browser's tab and history. The changing part comes first, because a tab shows little more. */
export const useTitle = (name: string): void => {
  useEffect(() => {
    page.value = name;
  }, [name]);
};

/** Writes the title: the page's name, preceded by the failures since the tab was last visible. */
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
