import { defined } from '../../domain/defined.ts';
import { versionConflict } from '../../domain/errors.ts';
import type { ProjectStore } from '../../ports/project-store.ts';
import { LISTED, projectFromItem, projectKey, projectToItem } from './project-item.ts';
import { isNext, newWriteId, refusal, type TableOptions, tableOf } from './table.ts';
import { LIST_INDEX } from './tables.ts';

/** Projects in the projects table, as `createTables` makes it, listed by id. */
export const dynamodbProjectStore = (options: TableOptions): ProjectStore => {
  const table = tableOf(options);

  return {
    async find(projectId) {
      const item = await table.get(projectKey(projectId));
      return item === undefined ? undefined : projectFromItem(item);
    },

    async save(project) {
      const item = projectToItem(project, newWriteId());
      const isSaved = await table.putIf(
        item,
        projectKey(project.project_id),
        isNext(project.version, 'project_id'),
      );
      if (!isSaved) throw refusal('Project', project.project_id, project.version);
    },

    async list({ limit, after }) {
      const page = await table.query({
        IndexName: LIST_INDEX,
        KeyConditionExpression:
          after === undefined ? '#listing = :listing' : '#listing = :listing AND #id > :after',
        ExpressionAttributeNames: { '#listing': 'listing', '#id': 'project_id' },
        ExpressionAttributeValues: {
          ':listing': { S: LISTED },
          ...(after === undefined ? {} : { ':after': { S: after } }),
        },
        ProjectionExpression: '#id',
        Limit: limit,
      });
      const ids = page.items.flatMap((item) => item['project_id']?.S ?? []);
      const projects = (await table.getMany(ids.map(projectKey))).map(projectFromItem);
      const next = page.from?.['project_id']?.S;
      return {
        items: projects.sort((a, b) => (a.project_id < b.project_id ? -1 : 1)),
        ...defined({ next }),
      };
    },

    async remove(projectId, version) {
      if (!(await table.remove(projectKey(projectId), version))) throw versionConflict('Project', projectId);
    },
  };
};
