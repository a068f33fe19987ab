import { useComputed } from '@preact/signals';
import type { Project, Task } from '../../../src/client/index.ts';
import { readProject, readTasks } from '../api.ts';
import { Copyable } from '../components/command.tsx';
import { Facts, Out } from '../components/facts.tsx';
import { LazyPlot } from '../components/lazy-plot.tsx';
import { Unread } from '../components/page-state.tsx';
import { Outcomes, trendOf } from '../components/project-list.tsx';
import { byEnd, byStart, TaskList } from '../components/task-list.tsx';
import { Webhooks } from '../components/webhooks.tsx';
import { binsOf, quantile, ROUND_TIMES } from '../durations.ts';
import { briefDuration, count, duration, rate } from '../format.ts';
import { t } from '../i18n.ts';
import { overviewPath } from '../router.ts';
import { useReading } from '../state/reading.ts';
import {
  allTasks,
  findProject,
  isLive,
  projectShape,
  takeProject,
  takeWanted,
  taskShape,
} from '../state/store.ts';
import { useTitle } from '../title.ts';

/** How many of a project's newest tasks its page is based on. */
const MOST_TASKS = 300;
const MOST_BINS = 18;

export const ProjectView = ({ id }: Readonly<{ id: string }>) => {
  const held = useComputed(() => (projectShape.value >= 0 ? findProject(id) : undefined));
  const fault = useReading(
    async () => {
      const [project, tasks] = await Promise.all([
        readProject(id),
        readTasks({ project_id: id }, MOST_TASKS),
      ]);
      takeProject(project);
      takeWanted(tasks.items);
    },
    () => held.value === undefined,
  );
  const project = held.value?.value;
  useTitle(project?.project_name ?? id);
  if (project === undefined) return <Unread fault={fault.value} missing={t.value.notFoundProject} />;
  return <ProjectPage project={project} />;
};

const ProjectPage = ({ project }: Readonly<{ project: Project }>) => {
  const { project_id, metrics, resources } = project;
  const tasks = useComputed(() => {
    taskShape.value;
    return [...allTasks()].filter((held) => held.peek().project_id === project_id);
  });
  const live = tasks.value.filter((held) => isLive(held.peek())).sort(byStart);
  const ended = tasks.value.filter((held) => !isLive(held.peek())).sort(byEnd);
  const outcomes = ended.map((held) => held.peek()).filter(({ status }) => status !== 'cancelled');
  const trend = trendOf(outcomes.slice(0, 16));
  return (
    <article class="project">
      <header class="task-head">
        <p class="crumb">
          <a class="quiet" href={overviewPath}>
            {t.value.projects}
          </a>
        </p>
        <h1>{project.project_name}</h1>
        {project.description !== undefined && <p class="description">{project.description}</p>}
        <dl class="figures">
          <div>
            <dt>{t.value.successRate}</dt>
            <dd>
              {metrics.success_rate === null ? '–' : rate(metrics.success_rate)}
              {trend !== undefined && <small class={`trend-${trend}`}>{t.value[trend]}</small>}
            </dd>
          </div>
          <div>
            <dt>{t.value.averageTime}</dt>
            <dd>
              {metrics.avg_completion_time_seconds === null
                ? '–'
                : duration(metrics.avg_completion_time_seconds)}
            </dd>
          </div>
          <div>
            <dt>{t.value.activeTasks}</dt>
            <dd>{count(metrics.active_tasks)}</dd>
          </div>
          {metrics.blocked_tasks > 0 && (
            <div>
              <dt>{t.value.blockedTasks}</dt>
              <dd>{count(metrics.blocked_tasks)}</dd>
            </div>
          )}
          <div>
            <dt>{t.value.allTasks}</dt>
            <dd>{count(metrics.completed_tasks)}</dd>
          </div>
          <div>
            <dt>{t.value.failedTasks}</dt>
            <dd class={metrics.failed_tasks > 0 ? 'word-failed' : ''}>{count(metrics.failed_tasks)}</dd>
          </div>
          {outcomes.length > 0 && (
            <div>
              <dt>{t.value.latestOutcomes}</dt>
              <dd>
                <Outcomes tasks={outcomes} />
              </dd>
            </div>
          )}
        </dl>
      </header>
      <div class="columns columns-task">
        <div class="column">
          {live.length > 0 && (
            <TaskList
              id="live"
              title={t.value.inProgress}
              kind="live"
              tasks={live}
              empty={t.value.nothingRuns}
              first={100}
              inProject
            />
          )}
          <DurationsOverTime tasks={outcomes} />
          <Histogram tasks={outcomes} />
        </div>
        <div class="column">
          <TaskList
            id="failed"
            title={t.value.recentlyFailed}
            kind="failed"
            tasks={ended.filter((held) => held.peek().status === 'failed')}
            empty={t.value.nothingFailed}
            first={4}
            inProject
          />
          <TaskList
            id="done"
            title={t.value.recentlyFinished}
            kind="done"
            tasks={ended.filter((held) => held.peek().status !== 'failed')}
            empty={t.value.nothingFinished}
            first={12}
            inProject
          />
          <Facts
            title={t.value.details}
            facts={[
              [t.value.owner, project.owner],
              [t.value.account, project.account_id],
              [
                t.value.repository,
                resources.github_repo === undefined ? undefined : (
                  <Out to={repositoryUrl(resources.github_repo)}>{resources.github_repo}</Out>
                ),
              ],
              [t.value.bucket, resources.s3_bucket],
              [t.value.distribution, resources.cloudfront_distribution],
              [
                t.value.endpoint,
                resources.api_endpoint === undefined ? undefined : (
                  <Out to={resources.api_endpoint}>{resources.api_endpoint}</Out>
                ),
              ],
              ['ID', <Copyable key="id" text={project_id} />],
            ]}
          />
          <Webhooks projectId={project_id} />
        </div>
      </div>
    </article>
  );
};

const repositoryUrl = (repository: string): string =>
  /^[\w.-]+\/[\w.-]+$/.test(repository) ? `https://github.com/${repository}` : repository;

const DurationsOverTime = ({ tasks }: Readonly<{ tasks: readonly Task[] }>) => {
  const timed = tasks
    .filter(
      ({ completed_at, duration_seconds }) => completed_at !== undefined && duration_seconds !== undefined,
    )
    .reverse();
  if (timed.length < 2) return null;
  const of = (status: Task['status']) =>
    timed.map((task) => (task.status === status ? (task.duration_seconds ?? null) : null));
  return (
    <section class="section">
      <h2>{t.value.durationsOverTime}</h2>
      <LazyPlot
        times={timed.map(({ completed_at }) => Date.parse(completed_at ?? '') / 1_000)}
        series={[
          { label: t.value.status.completed, values: of('completed'), colour: '--completed', kind: 'dots' },
          { label: t.value.status.failed, values: of('failed'), colour: '--failed', kind: 'dots' },
        ]}
        text={briefDuration}
        steps={ROUND_TIMES}
        label={t.value.durationsPlotLabel(timed.length)}
      />
      <p class="legend">
        <span class="key key-completed">{t.value.status.completed}</span>
        <span class="key key-failed">{t.value.status.failed}</span>
      </p>
    </section>
  );
};

const Histogram = ({ tasks }: Readonly<{ tasks: readonly Task[] }>) => {
  const seconds = tasks
    .flatMap((task) => (task.status === 'completed' ? (task.duration_seconds ?? []) : []))
    .sort((a, b) => a - b);
  const bins = binsOf(seconds, MOST_BINS);
  const [first] = bins;
  const last = bins.at(-1);
  const highest = Math.max(1, ...bins.map((bin) => bin.count));
  return (
    <section class="section">
      <h2>{t.value.durations}</h2>
      {first === undefined || last === undefined ? (
        <p class="empty">{t.value.noDurations}</p>
      ) : (
        <>
          <p class="note">
            {t.value.durationsHelp(
              seconds.length,
              duration(quantile(seconds, 0.5)),
              duration(quantile(seconds, 0.95)),
            )}
          </p>
          <div style={{ maxWidth: `${bins.length * 4}rem` }}>
            <ul class="histogram">
              {bins.map((bin) => (
                <li
                  key={bin.from}
                  title={t.value.durationBin(bin.count, briefDuration(bin.from), briefDuration(bin.to))}
                >
                  <span class="unseen">
                    {t.value.durationBin(bin.count, briefDuration(bin.from), briefDuration(bin.to))}
                  </span>
                  {bin.count > 0 && (
                    <span class="histogram-count" aria-hidden="true">
                      {bin.count}
                    </span>
                  )}
                  <span class="histogram-bar" style={{ height: `${(bin.count / highest) * 85}%` }} />
                </li>
              ))}
            </ul>
            <p class="histogram-axis" aria-hidden="true">
              <span>{briefDuration(first.from)}</span>
              <span>{briefDuration(last.to)}</span>
            </p>
          </div>
        </>
      )}
    </section>
  );
};
