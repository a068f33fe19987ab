import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { iconName } from './favicon.ts';
import { t } from './i18n.ts';
import { allTasks, ended, taskShape } from './state/store.ts';

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

/** Writes the title: the page's name, preceded by the failures since the tab was last visible. The icon counts too. */
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
  effect(() => {
    taskShape.value;
    let running = 0;
    for (const held of allTasks()) if (held.peek().status === 'running') running += 1;
    const name = unseen.value > 0 ? iconName('failed', unseen.value) : iconName('running', running);
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const href = `${import.meta.env.BASE_URL}${name}`;
    if (icon !== null && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
  });
};
