import { computed } from '@preact/signals';
import type { Task } from '../../src/client/index.ts';
import { TASK_STATUSES, type TaskStatus } from '../../src/domain/tasks/status.ts';
import { go, overviewPath, search } from './router.ts';

/** The filters of the overview. They are in the address, under the names that the API uses. */
export type Filters = Readonly<{ q: string; status: TaskStatus | ''; project_id: string; task_type: string }>;

const isStatus = (text: string): text is TaskStatus => TASK_STATUSES.some((status) => status === text);

export const filters = computed<Filters>(() => {
  const status = search.value.get('status') ?? '';
  return {
    q: search.value.get('q') ?? '',
    status: isStatus(status) ? status : '',
    project_id: search.value.get('project_id') ?? '',
    task_type: search.value.get('task_type') ?? '',
  };
});

export const isFiltered = computed(() => Object.values(filters.value).some((value) => value !== ''));

/** Changes the filters without an entry in the browser's history, for typed text. */
export const narrow = (change: Partial<Filters>, { replace = false } = {}): void => {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filters.peek(), ...change }))
    if (value !== '') next.set(name, value);
  go(next.size === 0 ? overviewPath : `${overviewPath}?${next}`, { replace });
};

/** Whether a task matches. All words of the search must be found, in any of its texts. */
export const matches = (task: Task, { q, status, project_id, task_type }: Filters): boolean => {
  if (status !== '' && task.status !== status) return false;
  if (project_id !== '' && task.project_id !== project_id) return false;
  if (task_type !== '' && task.task_type !== task_type) return false;
  if (q === '') return true;
  const text = textOf(task);
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

const textOf = (task: Task): string =>
  [
    task.task_name,
    task.task_id,
    task.project_id,
    task.task_type,
    task.description ?? '',
    task.details.phase ?? '',
    task.details.current_step ?? '',
    task.details.error_message ?? '',
    ...Object.entries(task.labels).map(([name, value]) => `${name}=${value}`),
  ]
    .join('\n')
    .toLowerCase();
