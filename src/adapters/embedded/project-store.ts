import { LRUCache } from 'lru-cache';
import type { Page } from '../../domain/page.ts';
import type { StoredProject } from '../../domain/projects/project.ts';
import type { ProjectStore } from '../../ports/project-store.ts';
import { frozenCopy } from '../memory/frozen-copy.ts';
import { refuseUnlessAt, refuseUnlessNext } from '../memory/versions.ts';
import { projectCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { keyOf, under } from './keys.ts';

const projectKey = (projectId: string): string => keyOf('j', projectId);

/** A project that was saved here, not changed by anyone. */
type ProjectFacts = Readonly<{ project: StoredProject }>;

/** The project after the previous writes. */
export const projectIn = (change: Change, projectId: string): StoredProject | undefined => {
  const key = projectKey(projectId);
  // Only `putProject` puts facts beside a project.
  const known = change.facts(key) as ProjectFacts | undefined;
  return known === undefined ? decoded(projectId, change.get(key)) : known.project;
};

/** Puts a project that neither the caller nor anyone else changes: many that share a write are encoded once. */
export const putProject = (change: Change, project: StoredProject): void => {
  const facts: ProjectFacts = { project };
  change.put(projectKey(project.project_id), () => projectCodec.encode(project), facts);
};

const decoded = (projectId: string, value: string | undefined): StoredProject | undefined =>
  value === undefined ? undefined : projectCodec.decode(projectId, value);

/** Of how many pages of the list the answer is remembered until a project changes. */
const REMEMBERED_PAGES = 20;

/** `forgetPages` is to be called after a project was written by another adapter. */
export type EmbeddedProjectStore = ProjectStore & Readonly<{ forgetPages(): void }>;

/** Projects, listed by id. */
export const embeddedProjectStore = ({
  database,
}: Readonly<{ database: Database }>): EmbeddedProjectStore => {
  let pages = new LRUCache<string, Page<StoredProject, string>>({ max: REMEMBERED_PAGES });

  /** What a reading that began before finds is put among pages that no one asks any more. */
  const forgetPages = (): void => {
    pages = new LRUCache({ max: REMEMBERED_PAGES });
  };

  return {
    forgetPages,

    async find(projectId) {
      const value = await database.get(projectKey(projectId));
      try {
        return decoded(projectId, value);
      } catch (error) {
        throw database.damaged(error);
      }
    },

    async save(project) {
      const { project_id, version } = project;
      const key = projectKey(project_id);
      await database.write((change) => {
        refuseUnlessNext('Project', project_id, decoded(project_id, change.get(key)), version);
        change.put(key, projectCodec.encode(project));
      });
      forgetPages();
    },

    async list({ limit, after }) {
      const range = under('j');
      const current = pages;
      const place = `${limit} ${after ?? ''}`;
      const known = current.get(place);
      if (known !== undefined) return known;
      const page = await database.view(async (view) => {
        const entries = await view.entries({
          ...range,
          gt: after === undefined ? range.gt : projectKey(after),
          limit: limit + 1,
        });
        const items = entries
          .slice(0, limit)
          .map(([key, value]) => frozenCopy(projectCodec.decode(key, value)));
        const last = items.at(-1);
        return entries.length > limit && last !== undefined ? { items, next: last.project_id } : { items };
      });
      current.set(place, page);
      return page;
    },

    async remove(projectId, version) {
      const key = projectKey(projectId);
      await database.write((change) => {
        const stored = decoded(projectId, change.get(key));
        refuseUnlessAt('Project', projectId, stored, version);
        if (stored !== undefined) change.remove(key);
      });
      forgetPages();
    },
  };
};
