import type { Task } from '../../../src/client/index.ts';
import { ago, duration, fullMoment, roughDuration } from '../format.ts';
import { t } from '../i18n.ts';
import { now } from '../state/clock.ts';
import { isLive } from '../state/store.ts';

// Each of these reads the clock itself, so that every second redraws a few letters and no row.

/** How long a task has run, or took. */
export const Elapsed = ({ task }: Readonly<{ task: Task }>) => {
  if (!isLive(task))
    return <>{task.duration_seconds === undefined ? '–' : duration(task.duration_seconds)}</>;
  if (task.started_at === undefined) return <>–</>;
  return <>{duration((now.value - Date.parse(task.started_at)) / 1_000)}</>;
};

/** Seconds that a live task still needs, undefined if unknown. The estimate ages from when it was made. */
const remaining = (task: Task, at: number): number | undefined =>
  isLive(task) && task.eta_seconds !== undefined
    ? task.eta_seconds - Math.max(0, at - Date.parse(task.updated_at)) / 1_000
    : undefined;

export const Eta = ({ task, bare = false }: Readonly<{ task: Task; bare?: boolean }>) => {
  const seconds = remaining(task, now.value);
  if (seconds === undefined) return <>{bare ? '–' : ''}</>;
  if (seconds <= 0) return <>{t.value.anyMoment}</>;
  const text = roughDuration(seconds);
  return <>{bare ? text : t.value.left(text)}</>;
};

export const Ago = ({ at }: Readonly<{ at: string }>) => (
  <time dateTime={at} title={fullMoment(at)}>
    {ago(at, now.value)}
  </time>
);
