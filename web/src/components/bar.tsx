import type { Task } from '../../../src/client/index.ts';
import { spoken } from '../format.ts';

/**
 * The progress of a task, as a line of ink. A screen reader reads the value on request; changes are not announced,
 * because a page of moving bars would never be silent (see `Announcer`).
 */
export const Bar = ({ task, large = false }: Readonly<{ task: Task; large?: boolean }>) => {
  const { percentage } = task.progress;
  const known = percentage !== null;
  const unknown = !known && task.status === 'running';
  const filled = known ? percentage / 100 : task.status === 'completed' ? 1 : 0;
  return (
    <div
      class={`bar bar-${task.status}${large ? ' bar-large' : ''}${unknown ? ' bar-unknown' : ''}`}
      role="progressbar"
      aria-label={task.task_name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percentage ?? undefined}
      aria-valuetext={spoken(task)}
    >
      <div class="bar-ink" style={unknown ? undefined : { transform: `scaleX(${filled})` }} />
    </div>
  );
};
