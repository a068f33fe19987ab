import { type Signal, useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { Task } from '../../../src/domain/task.ts';
import { t } from '../i18n.ts';
import { DoneRow, FailedRow, LiveRow } from './task-row.tsx';

type Kind = 'live' | 'failed' | 'done';
const ROWS: Record<Kind, ComponentType<{ held: Signal<Task>; inProject: boolean }>> = {
  live: LiveRow,
  failed: FailedRow,
  done: DoneRow,
};

type Props = Readonly<{
  id: string;
  title: string;
  kind: Kind;
  tasks: readonly Signal<Task>[];
  /** Said in place of an empty list. */
  empty: string;
  /** How many are shown before one asks for more. */
  first: number;
  inProject?: boolean;
}>;

export const TaskList = ({ id, title, kind, tasks, empty, first, inProject = false }: Props) => {
  const shown = useSignal(first);
  const Row = ROWS[kind];
  const most = Math.max(shown.value, first);
  return (
    <section aria-labelledby={id} class="section">
      <h2 id={id}>
        {title} {tasks.length > 0 && <span class="tally">{tasks.length}</span>}
      </h2>
      {tasks.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        <ul class="rows">
          {tasks.slice(0, most).map((held) => (
            <Row key={held.peek().task_id} held={held} inProject={inProject} />
          ))}
        </ul>
      )}
      {tasks.length > most && (
        <button
          type="button"
          class="more"
          onClick={() => {
            shown.value = most + 100;
          }}
        >
          {t.value.more(tasks.length - most)}
        </button>
      )}
    </section>
  );
};

const startOf = (task: Task): string => task.started_at ?? task.created_at;
const endOf = (task: Task): string => task.completed_at ?? task.updated_at;

/** Newest first by something that stays as it is, so that rows do not change places under one's eyes. */
export const byStart = (a: Signal<Task>, b: Signal<Task>): number =>
  order(startOf(b.peek()), startOf(a.peek())) || order(a.peek().task_id, b.peek().task_id);

export const byEnd = (a: Signal<Task>, b: Signal<Task>): number =>
  order(endOf(b.peek()), endOf(a.peek())) || order(a.peek().task_id, b.peek().task_id);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
