import { type Signal, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { Task } from '../../../src/client/index.ts';

type Parts = Readonly<Record<'LogPanel' | 'FailureContext', ComponentType<Readonly<{ task: Task }>>>>;

const loaded: Signal<Parts | undefined> = signal(undefined);
let requested = false;

const load = async (): Promise<void> => {
  if (requested) return;
  requested = true;
  try {
    const [{ LogPanel }, { FailureContext }] = await Promise.all([
      import('../log/panel.tsx'),
      import('../log/failure.tsx'),
    ]);
    loaded.value = { LogPanel, FailureContext };
  } catch {
    // The server is away just now; the next task that is shown asks again.
    requested = false;
  }
};

/** A part of what shows logs, fetched when the first task is shown. */
export const LazyLog = ({ part, task }: Readonly<{ part: keyof Parts; task: Task }>) => {
  void load();
  const Part = loaded.value?.[part];
  return Part === undefined ? null : <Part key={task.task_id} task={task} />;
};
