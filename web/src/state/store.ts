import { batch, type Signal, signal } from '@preact/signals';
import type { Project, Task } from '../../../src/client/index.ts';

/** How many ended tasks are kept; the oldest are dropped first. */
const MOST_ENDED = 1_000;

/** The longest wait for a frame. A page in the background draws none, but must keep up. */
const LONGEST_WAIT_MS = 500;

export const isLive = ({ status }: Task): boolean =>
  status === 'pending' || status === 'running' || status === 'blocked';

/**
 * Every known task and project, one signal each, so that a change redraws one row and nothing else. Changes wait for
 * the next frame and are applied together; of two versions the newer wins, in whatever order they arrive.
 */
const tasks = new Map<string, Signal<Task>>();
const projects = new Map<string, Signal<Project>>();

/** Goes up when lists may have changed: an entity was added or removed, or changed its status, name or project. */
export const taskShape = signal(0);
export const projectShape = signal(0);

/** Goes up when everything was dropped, including what a page has read itself. */
export const epoch = signal(0);

/** Tasks that the current page has requested. They stay until it is left, however old they are. */
const wanted = new Set<string>();

type Change<T> = Readonly<{ value: T }> | Readonly<{ removedAt: number }>;
const waitingTasks = new Map<string, Change<Task>>();
const waitingProjects = new Map<string, Change<Project>>();

/** Status changes of tasks since the last announcement, for screen readers. */
export const ended = signal<readonly Task[]>([]);

export const findTask = (id: string): Signal<Task> | undefined => tasks.get(id);
export const allTasks = (): IterableIterator<Signal<Task>> => tasks.values();
export const findProject = (id: string): Signal<Project> | undefined => projects.get(id);
export const allProjects = (): IterableIterator<Signal<Project>> => projects.values();

let frame: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

const soon = (): void => {
  if (frame !== undefined) return;
  frame = requestAnimationFrame(flush);
  timer = setTimeout(flush, LONGEST_WAIT_MS);
};

export const takeTask = (task: Task): void => {
  const waiting = waitingTasks.get(task.task_id);
  if (waiting !== undefined && versionOf(waiting) > task.version) return;
  waitingTasks.set(task.task_id, { value: task });
  soon();
};

/** Adds tasks that a page has requested, by name or by search. */
export const takeWanted = (found: readonly Task[]): void => {
  for (const task of found) {
    wanted.add(task.task_id);
    takeTask(task);
  }
};

/** The page is left: its tasks are like any others now. */
export const wantNothing = (): void => wanted.clear();

export const takeProject = (project: Project): void => {
  const waiting = waitingProjects.get(project.project_id);
  if (waiting !== undefined && versionOf(waiting) > project.version) return;
  waitingProjects.set(project.project_id, { value: project });
  soon();
};

export const dropTask = (id: string, version: number): void => {
  waitingTasks.set(id, { removedAt: version });
  soon();
};

export const dropProject = (id: string, version: number): void => {
  waitingProjects.set(id, { removedAt: version });
  soon();
};

/** Removes the live tasks that are missing in a complete list: they were deleted unnoticed. */
export const forgetUnseen = (seen: ReadonlySet<string>): void => {
  for (const { value } of tasks.values()) {
    if (isLive(value) && !seen.has(value.task_id)) dropTask(value.task_id, value.version);
  }
};

export const forgetAll = (): void => {
  waitingTasks.clear();
  waitingProjects.clear();
  tasks.clear();
  projects.clear();
  batch(() => {
    taskShape.value += 1;
    projectShape.value += 1;
    epoch.value += 1;
  });
};

const versionOf = <T extends Readonly<{ version: number }>>(change: Change<T>): number =>
  'removedAt' in change ? change.removedAt : change.value.version;

/** Applies the waiting changes at once. */
export const flush = (): void => {
  if (frame !== undefined) cancelAnimationFrame(frame);
  clearTimeout(timer);
  frame = undefined;
  batch(() => {
    const ending: Task[] = [];
    const shapeChanged = applyAll(waitingTasks, tasks, sameShape, (before, after) => {
      if (isLive(before) && !isLive(after)) ending.push(after);
    });
    if (shapeChanged) {
      forgetOldest();
      taskShape.value += 1;
    }
    if (ending.length > 0) ended.value = ending;
    if (applyAll(waitingProjects, projects, sameProject, () => {})) projectShape.value += 1;
  });
};

const applyAll = <T extends Readonly<{ version: number }>>(
  waiting: Map<string, Change<T>>,
  known: Map<string, Signal<T>>,
  same: (before: T, after: T) => boolean,
  changed: (before: T, after: T) => void,
): boolean => {
  let reshaped = false;
  for (const [id, change] of waiting) {
    const held = known.get(id);
    if ('removedAt' in change) {
      if (held !== undefined && held.peek().version <= change.removedAt) {
        known.delete(id);
        reshaped = true;
      }
    } else if (held === undefined) {
      known.set(id, signal(change.value));
      reshaped = true;
    } else {
      const before = held.peek();
      if (before.version > change.value.version) continue;
      if (!same(before, change.value)) reshaped = true;
      held.value = change.value;
      changed(before, change.value);
    }
  }
  waiting.clear();
  return reshaped;
};

// A search includes the phase, but a list that reorders itself with every phase would be unreadable.
const sameShape = (a: Task, b: Task): boolean =>
  a.status === b.status &&
  a.task_name === b.task_name &&
  a.project_id === b.project_id &&
  a.task_type === b.task_type &&
  a.started_at === b.started_at &&
  a.completed_at === b.completed_at;

const sameProject = (a: Project, b: Project): boolean =>
  a.status === b.status && a.project_name === b.project_name;

const forgetOldest = (): void => {
  const done = [...tasks.values()]
    .map((held) => held.peek())
    .filter((task) => !isLive(task) && !wanted.has(task.task_id));
  if (done.length <= MOST_ENDED) return;
  done.sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1));
  for (const { task_id } of done.slice(0, done.length - MOST_ENDED)) tasks.delete(task_id);
};
