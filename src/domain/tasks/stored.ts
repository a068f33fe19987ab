import type { StoredTask, Task } from './task.ts';

/** A task as the API answers it, without its bookkeeping. The only conversion from one type to the other. */
export const publicTask = (task: StoredTask): Task => {
  const {
    counted: _counted,
    pendingEvents: _events,
    rateFrom: _rate,
    retries: _retries,
    output: _output,
    unknown: _unknown,
    ...fields
  } = task;
  return fields;
};
