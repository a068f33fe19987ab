import { isMiyabiError, MiyabiError } from '../domain/errors.ts';
import type { Page } from '../domain/page.ts';
import {
  countChanges,
  createProject,
  type MetricsChange,
  type NewProject,
  type Project,
  type ProjectPatch,
  patchProject,
} from '../domain/project.ts';
import type { ChangeFeed } from '../ports/change-feed.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { ProjectQuery, ProjectStore } from '../ports/project-store.ts';
import { inTurn } from './in-turn.ts';
import { untilWon } from './optimistic.ts';

/** On what condition something may be done: the stored version must be among these. */
export type ProjectGuard = Readonly<{ versions?: readonly number[] | undefined }>;

export type ProjectService = Readonly<{
  /** @throws MiyabiError `already_exists` where the chosen id is taken. */
  create(input: NewProject): Promise<Project>;
  /** @throws MiyabiError `project_not_found` */
  get(projectId: string): Promise<Project>;
  /** As `get`, undefined where there is no such project. */
  find(projectId: string): Promise<Project | undefined>;
  list(query: ProjectQuery): Promise<Page<Project, string>>;
  /** @throws MiyabiError `project_not_found`; `precondition_failed` where its version is none of those of the guard. */
  patch(projectId: string, patch: ProjectPatch, guard?: ProjectGuard): Promise<Project>;
  /** Removes a project that has no tasks. @throws as `patch`, and `project_not_empty`. */
  remove(projectId: string, guard?: ProjectGuard): Promise<void>;
  /** Brings a project into being where a task names one that is not there yet. */
  ensure(projectId: string): Promise<void>;
  /** Takes what happened to tasks into the metrics of their project. It never fails a task's write: it logs. */
  account(projectId: string, changes: readonly MetricsChange[]): Promise<void>;
}>;

/** Projects already known to exist are not looked up again; the oldest is forgotten first. */
const MAX_KNOWN = 10_000;

export const projectService = (
  projects: ProjectStore,
  feed: ChangeFeed,
  clock: Clock,
  ids: Ids,
  logger: Logger,
): ProjectService => {
  const known = new Set<string>();
  const turn = inTurn();

  const remember = (projectId: string) => {
    known.add(projectId);
    for (const oldest of known) {
      if (known.size <= MAX_KNOWN) break;
      known.delete(oldest);
    }
  };

  const publish = (project: Project) =>
    feed.publish([
      {
        kind: 'project',
        action: 'saved',
        id: project.project_id,
        project_id: project.project_id,
        version: project.version,
        body: JSON.stringify(project),
      },
    ]);

  const create = async (input: NewProject): Promise<Project> => {
    const project = createProject(input, { id: input.project_id ?? ids.next(), now: clock.now() });
    await projects.save(project);
    remember(project.project_id);
    await publish(project);
    return project;
  };

  const get = async (projectId: string, { versions }: ProjectGuard = {}): Promise<Project> => {
    const project = await projects.find(projectId);
    if (project === undefined) throw new MiyabiError('project_not_found', 'Project not found');
    if (versions !== undefined && !versions.includes(project.version)) {
      throw new MiyabiError(
        'precondition_failed',
        `Project ${projectId} is at version ${project.version}; read it again`,
      );
    }
    return project;
  };

  return {
    create,

    get: (projectId) => get(projectId),

    find: (projectId) => projects.find(projectId),

    list(query) {
      return projects.list(query);
    },

    patch(projectId, patch, guard) {
      return untilWon(async () => {
        const project = await get(projectId, guard);
        const next = patchProject(project, patch, clock.now());
        if (next === undefined) return project;
        await projects.save(next);
        await publish(next);
        return next;
      });
    },

    async remove(projectId, guard) {
      const project = await get(projectId, guard);
      if (project.metrics.total_tasks > 0) {
        throw new MiyabiError(
          'project_not_empty',
          `Project ${projectId} has tasks; move or delete them first`,
        );
      }
      await projects.remove(projectId);
      known.delete(projectId);
      await feed.publish([
        {
          kind: 'project',
          action: 'deleted',
          id: projectId,
          project_id: projectId,
          version: project.version,
        },
      ]);
    },

    async ensure(projectId) {
      if (known.has(projectId)) return;
      if ((await projects.find(projectId)) === undefined) {
        try {
          await create({ project_id: projectId, project_name: projectId });
        } catch (error) {
          if (!isMiyabiError(error, 'already_exists')) throw error;
        }
      }
      remember(projectId);
    },

    async account(projectId, changes) {
      const counting = changes.filter(({ before, after }) => before?.status !== after?.status);
      if (counting.length === 0) return;
      try {
        await turn(projectId, () =>
          untilWon(async () => {
            const project = await projects.find(projectId);
            if (project === undefined) return;
            const next = countChanges(project, counting, clock.now());
            await projects.save(next);
            await publish(next);
          }),
        );
      } catch (error) {
        logger.warn('Project metrics could not be updated', { project_id: projectId, error });
      }
    },
  };
};
