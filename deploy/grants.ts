/** Actions on each table, and which of the tables' indexes may be queried. */
export type TableGrants = Readonly<{
  tasks: readonly string[];
  projects: readonly string[];
  webhooks: readonly string[];
  indexesOf: readonly ('tasks' | 'projects' | 'webhooks')[];
  /** If given, only items of the tasks table whose key begins like this. */
  taskKeys?: readonly string[];
  /** The same for the webhooks table, which also holds the API keys. */
  webhookKeys?: readonly string[];
}>;

/** The actions of the API's adapters. A test of the bundles records the actions that they really use. */
export const API_GRANTS: TableGrants = {
  tasks: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'],
  projects: ['GetItem', 'PutItem', 'DeleteItem', 'BatchGetItem'],
  webhooks: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem', 'Query'],
  indexesOf: ['tasks', 'projects'],
};

/** All of the webhooks table but the API keys: a function that writes those could grant itself everything. */
const WITHOUT_API_KEYS = ['project#*', 'webhook#*'];

/** The collector creates projects and counts in them; it lists and deletes none. Webhook events go into the outbox. */
export const COLLECTOR_GRANTS: TableGrants = {
  tasks: API_GRANTS.tasks,
  projects: ['GetItem', 'PutItem'],
  webhooks: ['GetItem', 'PutItem', 'UpdateItem'],
  webhookKeys: WITHOUT_API_KEYS,
  indexesOf: ['tasks'],
};

/** The sender processes the outbox and deactivates webhooks that are gone. It does not touch tasks and projects. */
export const SENDER_GRANTS: TableGrants = {
  // Of the tasks table only the kept log lines, which a message of a failed task takes along.
  tasks: ['GetItem', 'BatchGetItem'],
  taskKeys: ['lines#*'],
  projects: [],
  webhooks: ['GetItem', 'PutItem', 'UpdateItem', 'BatchGetItem'],
  webhookKeys: WITHOUT_API_KEYS,
  indexesOf: ['webhooks'],
};
