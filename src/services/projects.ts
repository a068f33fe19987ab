import { isMiyabiError, MiyabiError } from '../domain/errors.ts';
import type { Page } from '../domain/page.ts';
import {
  createProject,
  type NewProject,
  type Project,
  type ProjectPatch,
  patchProject,
  publicProject,
  type StoredProject,
} from '../domain/projects/project.ts';
import { toIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import type { ProjectDocument } from '../ports/project-cache.ts';
import type { ProjectQuery } from '../ports/project-store.ts';
import type { CachedProjectStore } from './cached-projects.ts';
import { projectChange } from './project-change.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';

/** A precondition: the stored version must be among these. */
export type ProjectGuard = Readonly<{ versions?: readonly number[] | undefined }>;

export type ProjectService = Readonly<{
  /** @throws MiyabiError `already_exists` where the chosen id is taken. */
  create(input: NewProject): Promise<Project>;
  /** The project as the API answers it, from the cache if possible. @throws MiyabiError `project_not_found` */
  read(projectId: string): Promise<ProjectDocument>;
  /** @throws MiyabiError `project_not_found` */
  get(projectId: string): Promise<Project>;
  /** As `get`, undefined where there is no such project. */
  find(projectId: string): Promise<Project | undefined>;
  list(query: ProjectQuery): Promise<Page<Project, string>>;
  /** @throws MiyabiError `project_not_found`; `precondition_failed` where the guard does not name its version. */
  patch(projectId: string, patch: ProjectPatch, guard?: ProjectGuard): Promise<Project>;
  /** Records that a project may have webhooks from now on. @throws MiyabiError `project_not_found` */
  expectWebhooks(projectId: string): Promise<Project>;
  /** Removes a project that has no tasks, and its webhooks. @throws as `patch`, and `project_not_empty`. */
  remove(projectId: string, guard?: ProjectGuard): Promise<void>;
  /** Creates a project that a task names, if it does not exist yet. */
  ensure(projectId: string): Promise<void>;
}>;

export const projectService = ({
  cachedProjectStore: projects,
  projectCache: cache,
  webhookStore: webhooks,
  changeFeed: feed,
  clock,
  ids,
  retryOnConflict,
}: Pick<Ports, 'projectCache' | 'webhookStore' | 'changeFeed' | 'clock' | 'ids'> &
  Readonly<{ cachedProjectStore: CachedProjectStore; retryOnConflict: RetryOnConflict }>): ProjectService => {
  const publish = (project: StoredProject) => feed.publish([projectChange(project)]);

  const create = async (input: NewProject): Promise<Project> => {
    const project = createProject(input, { id: input.project_id ?? ids.next(), now: clock.now() });
    await projects.save(project);
    await publish(project);
    return project;
  };

  const get = async (projectId: string, { versions }: ProjectGuard = {}): Promise<StoredProject> => {
    const project = await projects.find(projectId);
    if (project === undefined) throw notFound();
    if (versions !== undefined && !versions.includes(project.version)) {
      throw new MiyabiError(
        'precondition_failed',
        `Project ${projectId} is at version ${project.version}; read it again`,
      );
    }
    return project;
  };

  /** Reads, changes and writes a project until there is no conflict; undefined writes nothing. */
  const change = async (
    projectId: string,
    guard: ProjectGuard | undefined,
    step: (before: StoredProject) => StoredProject | undefined,
  ): Promise<Project> => {
    const { project, isChanged } = await retryOnConflict(async () => {
      const before = await get(projectId, guard);
      const after = step(before);
      return after === undefined
        ? { result: { project: before, isChanged: false } }
        : { result: { project: after, isChanged: true }, write: () => projects.save(after) };
    });
    if (isChanged) await publish(project);
    return publicProject(project);
  };

  return {
    create,

    async read(projectId) {
      const cached = await cache.find(projectId);
      if (cached === 'absent') throw notFound();
      if (cached !== undefined) return cached;
      const asOf = clock.now();
      const project = await projects.find(projectId);
      if (project === undefined) {
        await cache.markAbsent(projectId, asOf);
        throw notFound();
      }
      const shown = publicProject(project);
      await cache.save(shown, asOf);
      return { project_id: projectId, version: shown.version, json: JSON.stringify(shown) };
    },

    get: async (projectId) => publicProject(await get(projectId)),

    async find(projectId) {
      const project = await projects.find(projectId);
      return project === undefined ? undefined : publicProject(project);
    },

    async list(query) {
      const page = await projects.list(query);
      return { ...page, items: page.items.map(publicProject) };
    },

    patch(projectId, patch, guard) {
      return change(projectId, guard, (project) => patchProject(project, patch, clock.now()));
    },

    expectWebhooks(projectId) {
      return change(projectId, undefined, (project) =>
        project.has_webhooks === true
          ? undefined
          : {
              ...project,
              has_webhooks: true,
              version: project.version + 1,
              updated_at: toIso(clock.now()),
            },
      );
    },

    async remove(projectId, guard) {
      const project = await retryOnConflict(async () => {
        const found = await get(projectId, guard);
        if (found.metrics.total_tasks > 0) {
          throw new MiyabiError(
            'project_not_empty',
            `Project ${projectId} has tasks; move or delete them first`,
          );
        }
        return { result: found, write: () => projects.remove(projectId, found.version) };
      });
      if (project.has_webhooks === true) await webhooks.remove(projectId);
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
      if (projects.isKnown(projectId) || (await projects.find(projectId)) !== undefined) return;
      try {
        await create({ project_id: projectId, project_name: projectId });
      } catch (error) {
        if (!isMiyabiError(error, 'already_exists')) throw error;
      }
    },
  };
};

const notFound = (): MiyabiError => new MiyabiError('project_not_found', 'Project not found');
