import type { Task } from '../../../src/client/index.ts';
import { ago, duration, fullMoment, roughDuration } from '../format.ts';
import { t } from '../i18n.ts';
import { now } from '../state/clock.ts';
import { isLive } from '../state/store.ts';

// Each of these reads the clock itself, so that every second redraws a few letters and no row.

const Since = ({ at }: Readonly<{ at: string }>) => <>{duration((now.value - Date.parse(at)) / 1_000)}</>;

/** How long a task has run, or took. From when until when is in its title. */
export const Elapsed = ({ task }: Readonly<{ task: Task }>) => {
  const { started_at, completed_at, duration_seconds } = task;
  const live = isLive(task);
  if (live ? started_at === undefined : duration_seconds === undefined) return <>–</>;
  const moments = [started_at, completed_at].filter((at) => at !== undefined).map(fullMoment);
  return (
    <span title={moments.join(' – ')}>
      {live && started_at !== undefined ? <Since at={started_at} /> : duration(duration_seconds ?? 0)}
    </span>
  );
};

/** Seconds that a live task still needs, undefined if unknown. The estimate ages from when it was made. */
const remaining = (task: Task, at: number): number | undefined =>
  isLive(task) && task.eta_seconds !== undefined
    ? task.eta_seconds - Math.max(0, at - Date.parse(task.updated_at)) / 1_000
    : undefined;

/** How long a task still needs. When it is expected to end is in its title. */
export const Eta = ({ task, bare = false }: Readonly<{ task: Task; bare?: boolean }>) => {
  if (!isLive(task) || task.eta_seconds === undefined) return <>{bare ? '–' : ''}</>;
  const end = Date.parse(task.updated_at) + task.eta_seconds * 1_000;
  return (
    <span title={fullMoment(new Date(end).toISOString())}>
      <Left task={task} bare={bare} />
    </span>
  );
};

const Left = ({ task, bare }: Readonly<{ task: Task; bare: boolean }>) => {
  const seconds = remaining(task, now.value) ?? 0;
  if (seconds <= 0) return <>{t.value.anyMoment}</>;
  const text = roughDuration(seconds);
  return <>{bare ? text : t.value.left(text)}</>;
};

export const Ago = ({ at }: Readonly<{ at: string }>) => (
  <time dateTime={at} title={fullMoment(at)}>
    {ago(at, now.value)}
  </time>
);
