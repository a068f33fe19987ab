/** Actions on each table, and of which of them the indexes may be queried. */
export type TableGrants = Readonly<{
  tasks: readonly string[];
  projects: readonly string[];
  webhooks: readonly string[];
  indexesOf: readonly ('tasks' | 'projects' | 'webhooks')[];
}>;

/** What the adapters ask of the tables on behalf of the API. A test of the bundles listens to what they really ask. */
export const API_GRANTS: TableGrants = {
  tasks: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'],
  projects: ['GetItem', 'PutItem', 'DeleteItem', 'BatchGetItem'],
  webhooks: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem'],
  indexesOf: ['tasks', 'projects'],
};

/** The collector makes projects and counts in them; it lists and deletes none. What it tells webhooks goes into the outbox. */
export const COLLECTOR_GRANTS: TableGrants = {
  tasks: API_GRANTS.tasks,
  projects: ['GetItem', 'PutItem'],
  webhooks: ['GetItem', 'PutItem', 'UpdateItem'],
  indexesOf: ['tasks'],
};

/** The sender works the outbox off, and switches webhooks off that are gone. Tasks and projects are not its business. */
export const SENDER_GRANTS: TableGrants = {
  tasks: [],
  projects: [],
  webhooks: ['GetItem', 'PutItem', 'UpdateItem', 'BatchGetItem'],
  indexesOf: ['webhooks'],
};
