import { effect, signal } from '@preact/signals';
import type { Task } from '../../../src/client/index.ts';
import { failures, stoppedAt } from '../format.ts';
import { t } from '../i18n.ts';
import { go, taskPath } from '../router.ts';
import { findTask, isLive, taskShape } from './store.ts';

const SLOT = 'miyabi-watched';

const stored = (): readonly string[] => {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(SLOT) ?? '[]');
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
};

/** The tasks whose end this tab is to notify of. They outlast a reload, not the tab. */
const watched = signal<ReadonlySet<string>>(new Set(stored()));

const watch = (ids: Iterable<string>): void => {
  watched.value = new Set(ids);
  try {
    sessionStorage.setItem(SLOT, JSON.stringify([...watched.value]));
  } catch {
    // Storage may be forbidden; then it holds for this page.
  }
};

/** `none`: this browser has no notifications, or not for a page without HTTPS. */
type Permission = NotificationPermission | 'none';

const permissionNow = (): Permission => ('Notification' in window ? Notification.permission : 'none');

/** Whether the browser can notify at all, and whether it refused when it was asked. */
export const canNotify = permissionNow() !== 'none';
export const isRefused = signal(false);

export const isWatched = (id: string): boolean => watched.value.has(id);

/** Watches a task, or no longer. Asks for the permission to notify, so this may only follow a click. */
export const toggleWatch = async (id: string): Promise<void> => {
  if (isWatched(id)) {
    watch([...watched.peek()].filter((one) => one !== id));
    return;
  }
  if (permissionNow() === 'default') await Notification.requestPermission();
  isRefused.value = permissionNow() !== 'granted';
  if (!isRefused.value) watch([...watched.peek(), id]);
};

/** Notifies of each watched task once it has ended, whether this page saw it end or finds it so. */
export const startWatching = (): void => {
  effect(() => {
    taskShape.value;
    for (const id of watched.value) {
      const task = findTask(id)?.peek();
      if (task === undefined || isLive(task)) continue;
      watch([...watched.peek()].filter((one) => one !== id));
      notify(task);
    }
  });
};

const notify = (task: Task): void => {
  if (permissionNow() !== 'granted') return;
  const { error_message } = task.details;
  const body = [
    task.status === 'completed' ? undefined : stoppedAt(task.progress),
    ...failures(task.progress),
    error_message,
  ];
  const title =
    task.status === 'completed' || task.status === 'failed' || task.status === 'cancelled'
      ? t.peek().announced[task.status](task.task_name)
      : task.task_name;
  const notification = new Notification(title, {
    body: body.filter((part) => part !== undefined).join('\n'),
    tag: task.task_id,
    icon: `${import.meta.env.BASE_URL}seal.svg`,
  });
  notification.onclick = () => {
    window.focus();
    go(taskPath(task.task_id));
    notification.close();
  };
};
