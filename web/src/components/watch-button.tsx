import { t } from '../i18n.ts';
import { canNotify, isRefused, isWatched, toggleWatch } from '../state/watch.ts';

/** Asks for a notification when a task ends. If the browser refuses, it says so. */
export const WatchButton = ({ id }: Readonly<{ id: string }>) => {
  if (!canNotify) return null;
  if (isRefused.value) return <span role="status">{t.value.notifyDenied}</span>;
  return (
    <button type="button" class="plain" aria-pressed={isWatched(id)} onClick={() => void toggleWatch(id)}>
      {t.value.notify}
    </button>
  );
};
