import type { Signal } from '@preact/signals';
import type { Task } from '../../../src/client/index.ts';
import { endingOf, failures, figures, hasFigures, isCutShort, stoppedAt } from '../format.ts';
import { t } from '../i18n.ts';
import { projectPath, taskPath } from '../router.ts';
import { findProject } from '../state/store.ts';
import { Bar } from './bar.tsx';
import { Mark } from './mark.tsx';
import { Ago, Elapsed, Eta } from './times.tsx';

const ProjectLink = ({ id }: Readonly<{ id: string }>) => (
  <a class="quiet in-project" href={projectPath(id)}>
    {findProject(id)?.value.project_name ?? id}
  </a>
);

/** The name of a row. A long name is cut, and shown in full under the pointer. */
const Name = ({ task }: Readonly<{ task: Task }>) => (
  <a class="name" href={taskPath(task.task_id)} title={task.task_name}>
    {task.task_name}
  </a>
);

export const Stale = () => (
  <span class="stale" title={t.value.staleHelp}>
    {t.value.stale}
  </span>
);

/** Failed and skipped steps of a task, whether or not the task itself failed. */
const Failures = ({ task }: Readonly<{ task: Task }>) => {
  const texts = failures(task.progress);
  if (texts.length === 0) return null;
  return <span class={task.progress.failed ? 'word-failed' : undefined}>{texts.join(', ')}</span>;
};

/** How a failed or cancelled task ended, and where it stopped. */
const Stopped = ({ task }: Readonly<{ task: Task }>) => {
  const ending = endingOf(task);
  const place = isCutShort(task.status) ? stoppedAt(task.progress) : undefined;
  return (
    <>
      {ending !== undefined && <span>{ending}</span>}
      {place !== undefined && <span>{place}</span>}
    </>
  );
};

/** A task in progress, or part of another, whatever its status. */
export const LiveRow = ({ held, inProject }: Readonly<{ held: Signal<Task>; inProject: boolean }>) => {
  const task = held.value;
  const { phase, current_step, error_message } = task.details;
  const last = task.status === 'failed' ? (error_message ?? current_step) : current_step;
  return (
    <li class="row row-live" data-task={task.task_id}>
      <div class="row-head">
        <Mark status={task.status} labelled />
        <Name task={task} />
        {task.stale && <Stale />}
        {task.priority === 'P0' && <span class="urgent">P0</span>}
      </div>
      <div class="row-figure">
        {!isCutShort(task.status) && hasFigures(task.progress) && figures(task.progress)}
      </div>
      <div class="row-bar">
        <Bar task={task} />
      </div>
      <div class="row-foot">
        {task.status !== 'running' && (
          <span class={`word-${task.status}`}>{t.value.status[task.status]}</span>
        )}
        <Stopped task={task} />
        <Failures task={task} />
        {!inProject && <ProjectLink id={task.project_id} />}
        {phase !== undefined && <span class="phase">{phase}</span>}
        {last !== undefined && last !== phase && <span class="step">{last}</span>}
      </div>
      <div class="row-times">
        {task.started_at !== undefined && (
          <span>
            <Elapsed task={task} />
          </span>
        )}
        <span class="eta">
          <Eta task={task} />
        </span>
      </div>
    </li>
  );
};

/** A task that failed, and why. */
export const FailedRow = ({ held, inProject }: Readonly<{ held: Signal<Task>; inProject: boolean }>) => {
  const task = held.value;
  const { error_message, failed_resources = [] } = task.details;
  return (
    <li class="row row-failed" data-task={task.task_id}>
      <div class="row-head">
        <Mark status={task.status} labelled />
        <Name task={task} />
      </div>
      <div class="row-when">
        <Ago at={task.completed_at ?? task.updated_at} />
      </div>
      {error_message !== undefined && <p class="cause">{error_message}</p>}
      <div class="row-foot">
        <Stopped task={task} />
        <Failures task={task} />
        {!inProject && <ProjectLink id={task.project_id} />}
        {failed_resources.slice(0, 3).map((name) => (
          <code key={name}>{name}</code>
        ))}
        {failed_resources.length > 3 && <span>+{failed_resources.length - 3}</span>}
      </div>
    </li>
  );
};

/** A task that ended otherwise. */
export const DoneRow = ({ held, inProject }: Readonly<{ held: Signal<Task>; inProject: boolean }>) => {
  const task = held.value;
  return (
    <li class="row row-done" data-task={task.task_id}>
      <div class="row-head">
        <Mark status={task.status} labelled />
        <Name task={task} />
        {(!inProject || failures(task.progress).length > 0 || isCutShort(task.status)) && (
          <span class="row-foot">
            <Stopped task={task} />
            <Failures task={task} />
            {!inProject && <ProjectLink id={task.project_id} />}
          </span>
        )}
      </div>
      <div class="row-took">
        <Elapsed task={task} />
      </div>
      <div class="row-when">
        <Ago at={task.completed_at ?? task.updated_at} />
      </div>
    </li>
  );
};
