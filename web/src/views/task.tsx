// Over 300 lines: one view with its sections.

import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { HistoryPoint, Task } from '../../../src/client/index.ts';
import { MiyabiApiError } from '../../../src/client/index.ts';
import type { Json } from '../../../src/domain/json.ts';
import { listTasks, logUrl, readTask } from '../api.ts';
import { Bar } from '../components/bar.tsx';
import { Copyable } from '../components/command.tsx';
import { Facts, Out } from '../components/facts.tsx';
import { LazyLog } from '../components/lazy-log.tsx';
import { LazyPlot } from '../components/lazy-plot.tsx';
import { Mark } from '../components/mark.tsx';
import { Unread } from '../components/page-state.tsx';
import { RunFacts } from '../components/run-facts.tsx';
import { byStart, TaskList } from '../components/task-list.tsx';
import { Stale } from '../components/task-row.tsx';
import { Timeline } from '../components/timeline.tsx';
import { Ago, Elapsed, Eta } from '../components/times.tsx';
import { UsualRun } from '../components/usual-run.tsx';
import { WatchButton } from '../components/watch-button.tsx';
import {
  count,
  duration,
  endingOf,
  failures,
  figures,
  fullMoment,
  hasFigures,
  isCutShort,
  moment,
} from '../format.ts';
import { t } from '../i18n.ts';
import { type Stretch, stretchesOf } from '../phases.ts';
import { projectPath, taskPath } from '../router.ts';
import { now } from '../state/clock.ts';
import { useHistory } from '../state/history.ts';
import { useReading } from '../state/reading.ts';
import {
  allTasks,
  findProject,
  findTask,
  isLive,
  projectShape,
  takeWanted,
  taskShape,
} from '../state/store.ts';
import { useTitle } from '../title.ts';

export const TaskView = ({ id }: Readonly<{ id: string }>) => {
  const held = useComputed(() => (taskShape.value >= 0 ? findTask(id) : undefined));
  const fault = useReading(
    async () => takeWanted([await readTask(id)]),
    () => held.value === undefined,
  );
  const task = held.value?.value;
  useTitle(task === undefined ? id : `${stateOf(task)} · ${task.task_name}`);
  if (task === undefined) return <Unread fault={fault.value} missing={t.value.notFoundTask} />;
  return <TaskPage task={task} />;
};

/** The state of a task, as short as possible. */
const stateOf = ({ status, progress }: Task): string =>
  status === 'running' && hasFigures(progress) ? figures(progress) : t.value.status[status];

const TaskPage = ({ task }: Readonly<{ task: Task }>) => {
  const points = useHistory(task);
  const { details } = task;
  return (
    <article class="task">
      <TaskHead task={task} />
      {task.status !== 'completed' && <RootCause task={task} />}
      {task.status === 'failed' && <LazyLog part="FailureContext" task={task} />}
      <Retained task={task} />
      <div class="columns columns-task">
        <div class="column">
          <Parts of={task.task_id} />
          <LazyLog part="LogPanel" task={task} />
          <ProgressPlot task={task} points={points} />
          <Phases task={task} points={points ?? []} />
          <History points={points ?? []} />
        </div>
        <div class="column">
          <RunFacts task={task} />
          <Links task={task} />
          <Facts
            title={t.value.labels}
            facts={Object.entries(task.labels).map(([name, value]) => [
              name,
              <Out key={name} to={value}>
                {value}
              </Out>,
            ])}
          />
          <Facts
            title={t.value.details}
            facts={[
              [
                t.value.partOf,
                task.parent_id === undefined ? undefined : (
                  <a key="parent" href={taskPath(task.parent_id)}>
                    {findTask(task.parent_id)?.value.task_name ?? task.parent_id}
                  </a>
                ),
              ],
              [t.value.step, details.current_step],
              [t.value.operation, details.operation],
              [t.value.outcome, details.outcome],
              [t.value.stackState, details.stack_state],
              [t.value.type, task.task_type],
              [t.value.priority, task.priority],
              [t.value.started, task.started_at === undefined ? undefined : <When at={task.started_at} />],
              [t.value.ended, task.completed_at === undefined ? undefined : <When at={task.completed_at} />],
              [t.value.updated, <Ago key="ago" at={task.updated_at} />],
              [t.value.attempt, task.attempt > 1 ? task.attempt : undefined],
              ['ID', <Copyable key="id" text={task.task_id} />],
            ]}
          />
          <Facts
            title={t.value.metadata}
            facts={Object.entries(task.metadata ?? {}).map(([name, value]) => [
              name,
              <Out key={name} to={textOf(value)}>
                {textOf(value)}
              </Out>,
            ])}
          />
        </div>
      </div>
    </article>
  );
};

/** The subtasks of this task. */
const Parts = ({ of }: Readonly<{ of: string }>) => {
  useEffect(() => {
    listTasks({ parent_id: of, limit: 100 }).then(
      ({ items }) => takeWanted(items),
      (error: unknown) => {
        // Those that are loaded already are shown in any case.
        if (!(error instanceof MiyabiApiError)) throw error;
      },
    );
  }, [of]);
  const parts = useComputed(() => {
    taskShape.value;
    return [...allTasks()].filter((held) => held.peek().parent_id === of).sort(byStart);
  });
  return parts.value.length === 0 ? null : (
    <>
      <TaskList
        id="parts"
        title={t.value.parts}
        kind="live"
        tasks={parts.value}
        empty=""
        first={50}
        inProject
      />
      <PartsTimeline parts={parts.value} />
    </>
  );
};

/** Redrawn with every change of a part, which the list of parts is not. */
const PartsTimeline = ({ parts }: Readonly<{ parts: readonly Signal<Task>[] }>) => (
  <Timeline tasks={parts.map((held) => held.value)} />
);

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const When = ({ at }: Readonly<{ at: string }>) => (
  <time dateTime={at} title={fullMoment(at)}>
    {moment(at)}
  </time>
);

const TaskHead = ({ task }: Readonly<{ task: Task }>) => {
  projectShape.value;
  const project = findProject(task.project_id)?.value.project_name ?? task.project_id;
  return (
    <header class="task-head">
      <p class="crumb">
        <a class="quiet" href={projectPath(task.project_id)}>
          {project}
        </a>
        <span class={`status word-${task.status}`}>
          <Mark status={task.status} /> {t.value.status[task.status]}
        </span>
        {task.stale && <Stale />}
        {isLive(task) && <WatchButton id={task.task_id} />}
      </p>
      <h1>{task.task_name}</h1>
      {task.description !== undefined && <p class="description">{task.description}</p>}
      <div class="task-now">
        {isCutShort(task.status) ? (
          <div class={`task-figure task-ending word-${task.status}`}>
            {t.value.status[task.status]} {endingOf(task) !== undefined && <small>{endingOf(task)}</small>}
          </div>
        ) : (
          <div class="task-figure">{figures(task.progress)}</div>
        )}
        <dl class="task-times">
          <div>
            <dt>{t.value.phase}</dt>
            <dd>{task.details.phase ?? '–'}</dd>
          </div>
          <div>
            <dt>{isLive(task) ? t.value.elapsed : t.value.took}</dt>
            <dd>
              <Elapsed task={task} />
            </dd>
          </div>
          {isLive(task) && (
            <div>
              <dt>{t.value.remaining}</dt>
              <dd>
                <Eta task={task} bare />
              </dd>
            </div>
          )}
          <Amount task={task} />
          {failures(task.progress).length > 0 && (
            <div>
              <dt>{t.value.partialFailure}</dt>
              <dd>{failures(task.progress).join(', ')}</dd>
            </div>
          )}
        </dl>
      </div>
      <Bar task={task} large />
    </header>
  );
};

/** The progress: the counter, or where a failed or cancelled task stopped. */
const Amount = ({ task }: Readonly<{ task: Task }>) => {
  const { current, total } = task.progress;
  const stopped = isCutShort(task.status);
  if (current === null || (total === null && !stopped)) return null;
  return (
    <div>
      <dt>{stopped ? t.value.stopped : t.value.progress}</dt>
      <dd>{total === null ? count(current) : `${count(current)} / ${count(total)}`}</dd>
    </div>
  );
};

/** Resources that a deployment should have deleted. */
const Retained = ({ task }: Readonly<{ task: Task }>) => {
  const { retained_resources = [] } = task.details;
  if (retained_resources.length === 0) return null;
  return (
    <section class="section" aria-labelledby="retained">
      <h2 id="retained">{t.value.retainedResources}</h2>
      <p class="resources">
        {retained_resources.map((name) => (
          <code key={name}>{name}</code>
        ))}
      </p>
    </section>
  );
};

const RootCause = ({ task }: Readonly<{ task: Task }>) => {
  const { error_message, failed_resources = [] } = task.details;
  if (error_message === undefined && failed_resources.length === 0) return null;
  return (
    <section class="root-cause" aria-labelledby="root-cause">
      <h2 id="root-cause">{t.value.rootCause}</h2>
      {error_message !== undefined && <p>{error_message}</p>}
      {failed_resources.length > 0 && (
        <p class="resources">
          {t.value.failedResources}:{' '}
          {failed_resources.map((name) => (
            <code key={name}>{name}</code>
          ))}
        </p>
      )}
    </section>
  );
};

const ProgressPlot = ({
  task,
  points,
}: Readonly<{ task: Task; points: readonly HistoryPoint[] | undefined }>) => {
  if (points === undefined)
    return (
      <section class="section">
        <h2>{t.value.progressOverTime}</h2>
        <div class="plot" />
      </section>
    );
  const end = isLive(task) ? now.value : undefined;
  const inPercent = points.some(({ percentage }) => percentage !== null);
  const heightOf = (point: HistoryPoint) => (inPercent ? point.percentage : point.current);
  const last = points.at(-1);
  const first = points[0];
  if (first === undefined || last === undefined) {
    return (
      <section class="section">
        <h2>{t.value.progressOverTime}</h2>
        <p class="empty">{t.value.noHistory}</p>
      </section>
    );
  }
  const times = points.map(({ timestamp }) => Date.parse(timestamp) / 1_000);
  const values = points.map(heightOf);
  const lastTime = times.at(-1) ?? 0;
  // The present value still holds: the line continues to now.
  if (end !== undefined && end / 1_000 > lastTime) {
    times.push(end / 1_000);
    values.push(heightOf(last));
  }
  const turns = stretchesOf(points, end ?? Date.parse(last.timestamp)).map(({ from }) => from / 1_000);
  const text = (value: number) => (inPercent ? `${value}%` : count(value));
  return (
    <section class="section">
      <h2>{t.value.progressOverTime}</h2>
      <LazyPlot
        times={times}
        series={[
          {
            label: t.value.progress,
            values,
            colour:
              task.status === 'failed'
                ? '--failed'
                : task.status === 'completed'
                  ? '--completed'
                  : '--running',
            kind: 'steps',
          },
        ]}
        text={text}
        range={inPercent ? [0, 100] : undefined}
        lines={turns}
        label={t.value.plotLabel(
          moment(first.timestamp),
          moment(last.timestamp),
          figures(first, first.status),
          figures(last, last.status),
        )}
      />
    </section>
  );
};

const Phases = ({ task, points }: Readonly<{ task: Task; points: readonly HistoryPoint[] }>) => {
  const until = task.completed_at === undefined ? now.value : Date.parse(task.completed_at);
  const stretches = stretchesOf(points, until);
  const [first] = stretches;
  const last = stretches.at(-1);
  if (first === undefined || last === undefined || (stretches.length === 1 && first.name === undefined))
    return null;
  const whole = Math.max(1, last.to - first.from);
  const nameOf = ({ name, status }: Stretch) =>
    status === 'blocked' || status === 'pending' || name === undefined ? t.value.status[status] : name;
  return (
    <section class="section" aria-labelledby="phases">
      <h2 id="phases">{t.value.phases}</h2>
      <div class="phase-line" aria-hidden="true">
        {stretches.map((stretch) => (
          <span
            key={stretch.from}
            class={`phase-${stretch.status}`}
            style={{ flexGrow: (stretch.to - stretch.from) / whole }}
            title={nameOf(stretch)}
          />
        ))}
      </div>
      <ol class="phase-list">
        {stretches.map((stretch) => (
          <li key={stretch.from} class={`phase-${stretch.status}`}>
            <span class="phase-name">{nameOf(stretch)}</span>
            <span class="phase-time">{duration((stretch.to - stretch.from) / 1_000)}</span>
          </li>
        ))}
      </ol>
      <UsualRun task={task} stretches={stretches} />
    </section>
  );
};

const FIRST_POINTS = 20;

const History = ({ points }: Readonly<{ points: readonly HistoryPoint[] }>) => {
  const shown = useSignal(FIRST_POINTS);
  if (points.length === 0) return null;
  const newest = points.slice(-shown.value).reverse();
  const hasFailures = points.some((point) => failures(point).length > 0);
  const hasMessages = points.some(({ message }) => message !== undefined && message !== '');
  return (
    <section class="section" aria-labelledby="history">
      <h2 id="history">
        {t.value.history} <span class="tally">{points.length}</span>
      </h2>
      <div class="table-wrap">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.value.time}</th>
              <th scope="col" class="number">
                {t.value.progress}
              </th>
              {hasFailures && <th scope="col">{t.value.partialFailure}</th>}
              <th scope="col">{t.value.phase}</th>
              {hasMessages && <th scope="col">{t.value.message}</th>}
            </tr>
          </thead>
          <tbody>
            {newest.map((point) => (
              <tr key={point.timestamp}>
                <td>
                  <When at={point.timestamp} />
                </td>
                <td class="number">{figures(point, point.status)}</td>
                {hasFailures && <td>{failures(point).join(', ')}</td>}
                <td>
                  <Mark status={point.status} labelled /> {point.phase}
                </td>
                {hasMessages && <td class="message">{point.message}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {points.length > shown.value && (
        <button
          type="button"
          class="more"
          onClick={() => {
            shown.value += 200;
          }}
        >
          {t.value.more(points.length - shown.value)}
        </button>
      )}
    </section>
  );
};

const Links = ({ task }: Readonly<{ task: Task }>) => {
  const { github, details } = task;
  const { log_group, log_stream } = details;
  const toLog = log_group === undefined ? undefined : logUrl(log_group, log_stream ?? '');
  const texts = t.value;
  return (
    <Facts
      title={texts.links}
      facts={[
        [
          texts.issueLink,
          github?.issue_url === undefined ? (
            github?.issue_number === undefined ? undefined : (
              texts.issue(github.issue_number)
            )
          ) : (
            <Out to={github.issue_url}>
              {github.issue_number === undefined ? github.issue_url : texts.issue(github.issue_number)}
            </Out>
          ),
        ],
        [
          texts.pullRequestLink,
          github?.pr_url === undefined ? (
            github?.pr_number === undefined ? undefined : (
              texts.pullRequest(github.pr_number)
            )
          ) : (
            <Out to={github.pr_url}>
              {github.pr_number === undefined ? github.pr_url : texts.pullRequest(github.pr_number)}
            </Out>
          ),
        ],
        [
          texts.logGroup,
          log_group === undefined ? undefined : (
            <Out to={toLog ?? ''}>
              <code>{log_group}</code>
            </Out>
          ),
        ],
        [texts.logStream, log_stream === undefined ? undefined : <code>{log_stream}</code>],
      ]}
    />
  );
};
