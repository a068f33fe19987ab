import type { StoredTask, Task } from './task.ts';

const publicTasks = new WeakMap<StoredTask, Task>();
const texts = new WeakMap<Task, string>();

/** A task as the API answers it, without its bookkeeping. The only conversion from one type to the other. */
export const publicTask = (task: StoredTask): Task => {
  const known = publicTasks.get(task);
  if (known !== undefined) return known;
  const {
    counted: _counted,
    pendingEvents: _events,
    rateFrom: _rate,
    retries: _retries,
    output: _output,
    unknown: _unknown,
    ...fields
  } = task;
  publicTasks.set(task, fields);
  return fields;
};

/** The JSON text of a task, made once for the cache, the feed, the answer and the store, which all get the same object. */
export const taskText = (task: Task): string => {
  const known = texts.get(task);
  if (known !== undefined) return known;
  const text = JSON.stringify(task);
  texts.set(task, text);
  return text;
};

/** The JSON text of a task with its bookkeeping, but for the fields of a newer Miyabi. */
export const storedText = (task: StoredTask): string => {
  const { counted, pendingEvents, rateFrom, retries, output } = task;
  const text = taskText(publicTask(task));
  const kept = JSON.stringify({ counted, pendingEvents, rateFrom, retries, output });
  return kept === '{}' ? text : `${text.slice(0, -1)},${kept.slice(1)}`;
};
