import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Task } from '../../../src/client/index.ts';
import { t } from '../i18n.ts';
import { ended } from '../state/store.ts';

/** The shortest time between two announcements. Tasks that end in between are announced together. */
const PAUSE_MS = 4_000;

/** Announces ended tasks to screen readers, and nothing else, at a pace that can be followed. */
export const Announcer = () => {
  const text = useSignal('');
  const waiting = useRef<Task[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useSignalEffect(() => {
    if (ended.value.length === 0) return;
    waiting.current.push(...ended.value);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      text.value = announcement(waiting.current.splice(0));
    }, PAUSE_MS);
  });
  return (
    <div class="unseen" role="status">
      {text}
    </div>
  );
};

const announcement = (tasks: readonly Task[]): string => {
  const [one, ...more] = tasks;
  if (one === undefined) return '';
  const words = t.peek().announced;
  if (
    more.length === 0 &&
    (one.status === 'completed' || one.status === 'failed' || one.status === 'cancelled')
  ) {
    return words[one.status](one.task_name);
  }
  const failed = tasks.filter(({ status }) => status === 'failed').length;
  return words.many(tasks.length - failed, failed);
};
