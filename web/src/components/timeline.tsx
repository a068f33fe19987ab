import { useSignal } from '@preact/signals';
import type { Task } from '../../../src/client/index.ts';
import { duration, fullMoment } from '../format.ts';
import { t } from '../i18n.ts';
import { taskPath } from '../router.ts';
import { now } from '../state/clock.ts';
import { isLive } from '../state/store.ts';
import { waterfallOf } from '../waterfall.ts';
import { Mark } from './mark.tsx';

const FIRST = 30;

/** When the parts of a task ran, one line each, from the first start to the last end. */
export const Timeline = ({ tasks }: Readonly<{ tasks: readonly Task[] }>) => {
  const shown = useSignal(FIRST);
  // Without a running part nothing moves, and the clock is not read.
  const { stripes, seconds, start } = waterfallOf(tasks, tasks.some(isLive) ? now.value : 0);
  if (stripes.length < 2) return null;
  const hidden = stripes.length - shown.value;
  return (
    <section class="section" aria-labelledby="timeline">
      <h2 id="timeline">{t.value.timeline}</h2>
      <ol class="waterfall">
        {stripes.slice(0, shown.value).map(({ task, from, to, seconds: took }) => (
          <li key={task.task_id}>
            <span class="waterfall-name">
              <Mark status={task.status} labelled />
              <a class="name" href={taskPath(task.task_id)} title={task.task_name}>
                {task.task_name}
              </a>
            </span>
            <span
              class="waterfall-line"
              title={[task.started_at, task.completed_at]
                .filter((at) => at !== undefined)
                .map(fullMoment)
                .join(' – ')}
            >
              <span
                class={`waterfall-bar bar-${task.status}`}
                style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
              />
            </span>
            <span class="waterfall-time">
              <span class="unseen">{t.value.after(duration(from * seconds))}, </span>
              {duration(took)}
            </span>
          </li>
        ))}
      </ol>
      <p class="waterfall-axis" aria-hidden="true">
        <span title={fullMoment(new Date(start).toISOString())}>0</span>
        <span>{duration(seconds)}</span>
      </p>
      {hidden > 0 && (
        <button
          type="button"
          class="more"
          onClick={() => {
            shown.value = stripes.length;
          }}
        >
          {t.value.more(hidden)}
        </button>
      )}
    </section>
  );
};
