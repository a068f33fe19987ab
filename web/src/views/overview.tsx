// Over 300 lines: one view with its sections.

import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Project, Task } from '../../../src/client/index.ts';
import { MiyabiApiError } from '../../../src/client/index.ts';
import { TASK_STATUSES } from '../../../src/domain/tasks/status.ts';
import { listTasks } from '../api.ts';
import { Command } from '../components/command.tsx';
import { OUTCOMES, ProjectList } from '../components/project-list.tsx';
import { byEnd, byStart, TaskList } from '../components/task-list.tsx';
import { type Filters, filters, isFiltered, matches, narrow } from '../filters.ts';
import { t } from '../i18n.ts';
import { overviewPath } from '../router.ts';
import { now } from '../state/clock.ts';
import { isNarrow } from '../state/screen.ts';
import { allProjects, allTasks, flush, isLive, projectShape, takeWanted, taskShape } from '../state/store.ts';
import { beyond, connection, loaded } from '../state/sync.ts';
import { useTitle } from '../title.ts';

const DAY_MS = 86_400_000;

type Groups = Readonly<{
  live: readonly Signal<Task>[];
  failed: readonly Signal<Task>[];
  done: readonly Signal<Task>[];
}>;

export const Overview = () => {
  const searching = useDeeperSearch();
  const groups = useComputed<Groups>(() => {
    taskShape.value;
    const live: Signal<Task>[] = [];
    const failed: Signal<Task>[] = [];
    const done: Signal<Task>[] = [];
    for (const held of allTasks()) {
      const task = held.peek();
      if (!matches(task, filters.value)) continue;
      (isLive(task) ? live : task.status === 'failed' ? failed : done).push(held);
    }
    return { live: live.sort(byStart), failed: failed.sort(byEnd), done: done.sort(byEnd) };
  });
  const running = useComputed(() => {
    taskShape.value;
    let n = 0;
    for (const held of allTasks()) if (held.peek().status === 'running') n += 1;
    return n;
  });
  const known = useComputed(() => taskShape.value >= 0 && !allTasks().next().done);
  const projects = useComputed<readonly Signal<Project>[]>(() => {
    projectShape.value;
    const { project_id } = filters.value;
    return [...allProjects()]
      .filter((held) => project_id === '' || held.peek().project_id === project_id)
      .filter((held) => held.peek().status !== 'archived')
      .sort(
        (a, b) => b.peek().metrics.active_tasks - a.peek().metrics.active_tasks || byName(a.peek(), b.peek()),
      );
  });
  const outcomes = useComputed(() => {
    taskShape.value;
    return outcomesByProject();
  });

  useTitle(running.value === 0 ? '' : t.value.running(running.value));
  if (!loaded.value) return connection.value.state === 'lost' ? <NoServer /> : <Reading />;
  if (!known.value) return <NoTasks />;
  const { live, failed, done } = groups.value;
  const filtered = isFiltered.value;
  const { status } = filters.value;
  const narrowed = JSON.stringify(filters.value);
  const wants = (...statuses: readonly Task['status'][]) => status === '' || statuses.includes(status);
  const nothing = filtered && live.length + failed.length + done.length === 0;
  return (
    <>
      <Summary />
      <FilterBar />
      {nothing && searching.value ? (
        <Reading />
      ) : nothing ? (
        <div class="page-state">
          <p>{t.value.nothingMatches}</p>
          <button
            type="button"
            class="more"
            onClick={() => narrow({ q: '', status: '', project_id: '', task_type: '' })}
          >
            {t.value.clear}
          </button>
        </div>
      ) : (
        <Sections
          live={
            wants('pending', 'running', 'blocked') && (
              <TaskList
                id="live"
                title={t.value.inProgress}
                kind="live"
                tasks={live}
                empty={t.value.nothingRuns}
                first={500}
              />
            )
          }
          done={
            wants('completed', 'cancelled') &&
            (done.length > 0 || !filtered) && (
              <TaskList
                key={narrowed}
                id="done"
                title={t.value.recentlyFinished}
                kind="done"
                tasks={done}
                empty={t.value.nothingFinished}
                first={filtered ? 50 : 8}
                beyond={
                  beyond.value.done
                    ? { ...filters.value, status: status === '' ? ['completed', 'cancelled'] : [status] }
                    : undefined
                }
              />
            )
          }
          failed={
            wants('failed') && (
              <TaskList
                key={narrowed}
                id="failed"
                title={t.value.recentlyFailed}
                kind="failed"
                tasks={failed}
                empty={t.value.nothingFailed}
                first={filtered ? 50 : 5}
                beyond={beyond.value.failed ? { ...filters.value, status: ['failed'] } : undefined}
              />
            )
          }
          projects={<ProjectList projects={projects.value} outcomesOf={outcomes.value} />}
        />
      )}
    </>
  );
};

type SectionsProps = Readonly<Record<'live' | 'done' | 'failed' | 'projects', ComponentChildren>>;

/** Two columns if there is room, otherwise one: failures first. */
const Sections = ({ live, done, failed, projects }: SectionsProps) =>
  isNarrow.value ? (
    <div class="column">
      {live}
      {failed}
      {done}
      {projects}
    </div>
  ) : (
    <div class="columns">
      <div class="column">
        {live}
        {done}
      </div>
      <div class="column">
        {failed}
        {projects}
      </div>
    </div>
  );

const byName = (a: Project, b: Project): number =>
  a.project_name.localeCompare(b.project_name, undefined, { numeric: true });

const outcomesByProject = (): ReadonlyMap<string, readonly Task[]> => {
  const ended = [...allTasks()].filter(
    (held) => held.peek().status === 'completed' || held.peek().status === 'failed',
  );
  const found = new Map<string, Task[]>();
  for (const held of ended.sort(byEnd)) {
    const task = held.peek();
    const of = found.get(task.project_id);
    if (of === undefined) found.set(task.project_id, [task]);
    else if (of.length < OUTCOMES) of.push(task);
  }
  return found;
};

/** The overall state in one sentence. */
const Summary = () => {
  const tally = useComputed(() => {
    taskShape.value;
    const since = now.value - DAY_MS;
    let running = 0;
    let blocked = 0;
    let failed = 0;
    for (const held of allTasks()) {
      const { status, completed_at, updated_at } = held.peek();
      if (status === 'running') running += 1;
      else if (status === 'blocked') blocked += 1;
      else if (status === 'failed' && Date.parse(completed_at ?? updated_at) >= since) failed += 1;
    }
    return `${running} ${blocked} ${failed}`;
  });
  const [running = 0, blocked = 0, failed = 0] = tally.value.split(' ').map(Number);
  const { summary } = t.value;
  return (
    <h1 class="summary">
      <span>{running === 0 ? summary.none : summary.running(running)}</span>
      {blocked > 0 && (
        <span>
          <a class="quiet word-blocked" href={`${overviewPath}?status=blocked`}>
            {summary.blocked(blocked)}
          </a>
        </span>
      )}
      {failed > 0 ? (
        <span>
          <a class="quiet word-failed" href={`${overviewPath}?status=failed`}>
            {summary.failed(failed)}
          </a>
        </span>
      ) : (
        <span class="calm">{summary.calm}</span>
      )}
    </h1>
  );
};

const TYPING_MS = 120;

const FilterBar = () => {
  const typed = useSignal(filters.peek().q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  // The address may change by itself: by the browser's buttons, or by clearing the filters.
  useSignalEffect(() => {
    const { q } = filters.value;
    if (timer.current === undefined && typed.peek().trim() !== q) typed.value = q;
  });
  const forget = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  };
  useEffect(() => forget, []);
  const choices = useComputed(() => {
    taskShape.value;
    projectShape.value;
    const projects = new Map<string, string>();
    const types = new Set<string>();
    for (const held of allProjects()) projects.set(held.peek().project_id, held.peek().project_name);
    for (const held of allTasks()) {
      const { project_id, task_type } = held.peek();
      if (!projects.has(project_id)) projects.set(project_id, project_id);
      types.add(task_type);
    }
    return { projects: [...projects].sort((a, b) => a[1].localeCompare(b[1])), types: [...types].sort() };
  });
  const { status, project_id, task_type } = filters.value;
  const type = (value: string) => {
    typed.value = value;
    forget();
    timer.current = setTimeout(() => {
      timer.current = undefined;
      narrow({ q: value.trim() }, { replace: true });
    }, TYPING_MS);
  };
  return (
    <search class="filters">
      <div class="field field-search">
        <label for="q">{t.value.search}</label>
        <input
          id="q"
          type="search"
          placeholder={t.value.searchHint}
          aria-keyshortcuts="/"
          value={typed.value}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </div>
      <Choice
        name="status"
        label={t.value.statusFilter}
        value={status}
        options={TASK_STATUSES.map((one) => [one, t.value.status[one]])}
      />
      <Choice
        name="project_id"
        label={t.value.projectFilter}
        value={project_id}
        options={choices.value.projects}
      />
      <Choice
        name="task_type"
        label={t.value.typeFilter}
        value={task_type}
        options={choices.value.types.map((one) => [one, one])}
      />
      {isFiltered.value && (
        <button
          type="button"
          class="plain clear"
          onClick={() => {
            forget();
            typed.value = '';
            narrow({ q: '', status: '', project_id: '', task_type: '' });
          }}
        >
          {t.value.clear}
        </button>
      )}
    </search>
  );
};

type ChoiceProps = Readonly<{
  name: keyof Filters;
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
}>;

const Choice = ({ name, label, value, options }: ChoiceProps) => (
  <div class={`field${value === '' ? '' : ' field-set'}`}>
    <label for={name}>{label}</label>
    <select id={name} value={value} onChange={(event) => narrow({ [name]: event.currentTarget.value })}>
      <option value="">{t.value.any}</option>
      {value !== '' && !options.some(([one]) => one === value) && <option value={value}>{value}</option>}
      {options.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  </div>
);

const SEARCH_MS = 300;

/**
 * Requests tasks that match the filters and are not loaded yet. Returns whether the answer for the current filters is
 * still missing. It is computed, not set by the effect: an effect runs after the page is drawn, which would say for a
 * frame that nothing matches.
 */
const useDeeperSearch = (): Signal<boolean> => {
  const answered = useSignal<Filters | undefined>(undefined);
  useSignalEffect(() => {
    const wanted = filters.value;
    answered.value = undefined;
    if (!loaded.value || !isFiltered.value) return;
    let overtaken = false;
    const search = async () => {
      try {
        const { items } = await listTasks({ ...wanted, limit: 100 });
        if (overtaken) return;
        takeWanted(items);
        flush();
      } catch (error) {
        // Loaded tasks are searched in any case; the connection state says that the server is away.
        if (!(error instanceof MiyabiApiError)) throw error;
      }
      if (!overtaken) answered.value = wanted;
    };
    const timer = setTimeout(search, SEARCH_MS);
    return () => {
      overtaken = true;
      clearTimeout(timer);
    };
  });
  return useComputed(() => isFiltered.value && answered.value !== filters.value);
};

const Reading = () => (
  <p class="reading" role="status">
    {t.value.loading}
  </p>
);

const NoServer = () => {
  const { reason } = connection.value;
  return reason === undefined ? (
    <div class="page-state">
      <h1>{t.value.lostFirst}</h1>
      <p>{t.value.lostFirstHelp}</p>
      <Command text="npx miyabi-progress serve" />
    </div>
  ) : (
    <div class="page-state">
      <h1>{t.value.faultFirst}</h1>
      <p>{t.value.faultHelp(reason)}</p>
    </div>
  );
};

const NoTasks = () => (
  <div class="page-state">
    <h1>{t.value.noTasks}</h1>
    <p>{t.value.noTasksHelp}</p>
    <Command text="miyabi run -- npx cdk deploy --all" />
    <p>{t.value.noTasksOr}</p>
    <Command text="npx miyabi-progress serve --demo" />
  </div>
);
