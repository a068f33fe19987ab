import { type Signal, useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { Task } from '../../../src/client/index.ts';
import { MiyabiApiError } from '../../../src/client/index.ts';
import { listTasks, type TaskQuery } from '../api.ts';
import { t } from '../i18n.ts';
import { keep, kept } from '../router.ts';
import { findTask, takeWanted } from '../state/store.ts';
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
  /** Shown instead of an empty list. */
  empty: string;
  /** How many are shown at first. */
  first: number;
  inProject?: boolean;
  /** The query for more of these tasks than are loaded. */
  beyond?: TaskQuery | undefined;
}>;

/** How many more are shown each time. */
const STEP = 100;

export const TaskList = ({ id, title, kind, tasks, empty, first, inProject = false, beyond }: Props) => {
  const storageKey = `shown-${id}`;
  const shown = useSignal(Number(kept(storageKey) ?? first));
  const older = useOlder(beyond);
  const Row = ROWS[kind];
  const most = Math.max(shown.value, first);
  const showMore = () => {
    shown.value = most + STEP;
    keep(storageKey, shown.value);
  };
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
      {tasks.length > most ? (
        <button type="button" class="more" onClick={showMore}>
          {t.value.more(tasks.length - most)}
        </button>
      ) : (
        older !== undefined && (
          <button
            type="button"
            class="more"
            aria-busy={older.busy}
            onClick={() => {
              showMore();
              older.read();
            }}
          >
            {t.value.older}
          </button>
        )
      )}
    </section>
  );
};

/** Loads older tasks, page by page, until there is one that is not loaded yet. Undefined if there are no more. */
const useOlder = (
  query: TaskQuery | undefined,
): Readonly<{ busy: boolean; read: () => void }> | undefined => {
  const cursor = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const atEnd = useSignal(false);
  if (query === undefined || atEnd.value) return undefined;
  const read = async () => {
    if (busy.peek()) return;
    busy.value = true;
    try {
      let isNew = false;
      while (!isNew && !atEnd.peek()) {
        const { items, next } = await listTasks({ ...query, limit: STEP, cursor: cursor.peek() });
        isNew = items.some(({ task_id }) => findTask(task_id) === undefined);
        takeWanted(items);
        cursor.value = next ?? undefined;
        atEnd.value = next === null;
      }
    } catch (error) {
      // The button stays and can be pressed again; the connection state says that the server is away.
      if (!(error instanceof MiyabiApiError)) throw error;
    } finally {
      busy.value = false;
    }
  };
  return { busy: busy.value, read: () => void read() };
};

const startOf = (task: Task): string => task.started_at ?? task.created_at;
const endOf = (task: Task): string => task.completed_at ?? task.updated_at;

/** Newest first by a field that does not change, so that rows keep their places. */
export const byStart = (a: Signal<Task>, b: Signal<Task>): number =>
  order(startOf(b.peek()), startOf(a.peek())) || order(a.peek().task_id, b.peek().task_id);

export const byEnd = (a: Signal<Task>, b: Signal<Task>): number =>
  order(endOf(b.peek()), endOf(a.peek())) || order(a.peek().task_id, b.peek().task_id);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
