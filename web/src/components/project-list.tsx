import { type Signal, useSignal } from '@preact/signals';
import type { Project, Task } from '../../../src/client/index.ts';
import { duration, rate } from '../format.ts';
import { t } from '../i18n.ts';
import { keep, kept, projectPath } from '../router.ts';

/** How many of a project's latest outcomes are drawn. */
export const OUTCOMES = 16;
/** How many projects are shown before the others are requested. */
const FIRST = 20;

/**
 * Whether a project is improving: the success rate of the newer half of these outcomes, newest first, against the older
 * half. Undefined if there are too few.
 */
export const trendOf = (outcomes: readonly Task[]): 'better' | 'worse' | 'steady' | undefined => {
  if (outcomes.length < 6) return undefined;
  const half = Math.floor(outcomes.length / 2);
  const share = (tasks: readonly Task[]) =>
    tasks.filter(({ status }) => status === 'completed').length / tasks.length;
  const change = share(outcomes.slice(0, half)) - share(outcomes.slice(half));
  return Math.abs(change) < 0.1 ? 'steady' : change > 0 ? 'better' : 'worse';
};

/** The latest outcomes, oldest to newest: a stroke for each, tall and plain for a failure. */
export const Outcomes = ({ tasks }: Readonly<{ tasks: readonly Task[] }>) => {
  const shown = tasks.slice(0, OUTCOMES).reverse();
  const failed = shown.filter(({ status }) => status === 'failed').length;
  return (
    <svg
      class="outcomes"
      viewBox={`0 0 ${shown.length * 6} 18`}
      width={shown.length * 6}
      height="18"
      role="img"
      aria-label={`${t.value.latestOutcomes}: ${t.value.outcomes(shown.length - failed, failed)}`}
    >
      {shown.map(({ task_id, status }, index) => {
        const x = index * 6 + 1;
        const bad = status === 'failed';
        return (
          <rect
            key={task_id}
            class={`outcome-${status}`}
            x={x}
            y={bad ? 0 : 8}
            width="3"
            height={bad ? 18 : 10}
          />
        );
      })}
    </svg>
  );
};

const TREND_ARROWS = { better: '↗', worse: '↘', steady: '→' } as const;

const ProjectRow = ({ held, outcomes }: Readonly<{ held: Signal<Project>; outcomes: readonly Task[] }>) => {
  const { project_id, project_name, metrics } = held.value;
  const trend = trendOf(outcomes.slice(0, OUTCOMES));
  return (
    <li class="row row-project" data-project={project_id}>
      <div class="row-head">
        <a class="name" href={projectPath(project_id)}>
          {project_name}
        </a>
      </div>
      <div class="project-rate">
        {metrics.success_rate === null ? '–' : rate(metrics.success_rate)}
        {trend !== undefined && (
          <span class={`trend trend-${trend}`} role="img" aria-label={t.value[trend]} title={t.value[trend]}>
            {TREND_ARROWS[trend]}
          </span>
        )}
      </div>
      <div class="row-foot">
        <span>{t.value.total(metrics.total_tasks)}</span>
        {metrics.active_tasks > 0 && <span>{t.value.running(metrics.active_tasks)}</span>}
        {metrics.avg_completion_time_seconds !== null && (
          <span>⌀ {duration(metrics.avg_completion_time_seconds)}</span>
        )}
      </div>
      <Outcomes tasks={outcomes} />
    </li>
  );
};

export const ProjectList = ({
  projects,
  outcomesOf,
}: Readonly<{ projects: readonly Signal<Project>[]; outcomesOf: ReadonlyMap<string, readonly Task[]> }>) => {
  const shown = useSignal(Number(kept('shown-projects') ?? FIRST));
  const hidden = projects.length - shown.value;
  return (
    <section aria-labelledby="projects" class="section">
      <h2 id="projects">
        {t.value.projects} <span class="tally">{projects.length}</span>
      </h2>
      <ul class="rows">
        {projects.slice(0, shown.value).map((held) => (
          <ProjectRow
            key={held.peek().project_id}
            held={held}
            outcomes={outcomesOf.get(held.peek().project_id) ?? []}
          />
        ))}
      </ul>
      {hidden > 0 && (
        <button
          type="button"
          class="more"
          onClick={() => {
            shown.value = projects.length;
            keep('shown-projects', shown.value);
          }}
        >
          {t.value.more(hidden)}
        </button>
      )}
    </section>
  );
};
