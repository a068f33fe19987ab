import type { TaskStatus } from '../../../tasks/status.ts';

const WORDS: Readonly<Record<TaskStatus, readonly string[]>> = {
  pending: [
    'pending',
    'queued',
    'scheduled',
    'created',
    'waiting_to_start',
    'not_started',
    'todo',
    'submitted',
  ],
  running: [
    'running',
    'in_progress',
    'inprogress',
    'started',
    'starting',
    'start',
    'active',
    'working',
    'processing',
    'executing',
    'resumed',
    'retrying',
    'ongoing',
  ],
  blocked: [
    'blocked',
    'waiting',
    'paused',
    'on_hold',
    'suspended',
    'stalled',
    'needs_input',
    'awaiting_approval',
  ],
  completed: ['completed', 'complete', 'done', 'success', 'succeeded', 'successful', 'finished', 'passed'],
  failed: ['failed', 'failure', 'fail', 'error', 'errored', 'crashed', 'timed_out', 'timeout', 'fatal'],
  cancelled: [
    'cancelled',
    'canceled',
    'aborted',
    'skipped',
    'stopped',
    'terminated',
    'interrupted',
    'killed',
  ],
};

const STATUS_OF: ReadonlyMap<string, TaskStatus> = new Map(
  (Object.keys(WORDS) as TaskStatus[]).flatMap((status) =>
    WORDS[status].map((word) => [word, status] as const),
  ),
);

/** The status that a producer's word stands for, whatever its case and separators; undefined where it is none. */
export const statusOfWord = (word: string): TaskStatus | undefined =>
  word.length > 32
    ? undefined
    : STATUS_OF.get(
        word
          .trim()
          .toLowerCase()
          .replace(/[\s-]+/g, '_'),
      );
