/** Actions on each table, and of which of them the indexes may be queried. */
export type TableGrants = Readonly<{
  tasks: readonly string[];
  projects: readonly string[];
  indexesOf: readonly ('tasks' | 'projects')[];
}>;

/** What the adapters ask of the tables on behalf of the API. A test of the bundles listens to what they really ask. */
export const API_GRANTS: TableGrants = {
  tasks: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'],
  projects: ['GetItem', 'PutItem', 'DeleteItem', 'BatchGetItem'],
  indexesOf: ['tasks', 'projects'],
};

/** The collector makes projects and counts in them; it lists and deletes none. */
export const COLLECTOR_GRANTS: TableGrants = {
  tasks: API_GRANTS.tasks,
  projects: ['GetItem', 'PutItem'],
  indexesOf: ['tasks'],
};
