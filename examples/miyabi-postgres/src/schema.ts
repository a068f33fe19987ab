import type { SetUpStep } from 'miyabi-progress/ports';
import type { Database } from './database.ts';

// Documents are JSON in `text`: `jsonb` cannot hold every string that a log line can. Times are epoch milliseconds, and
// those of tasks ISO 8601 in UTC, which sort as text in the collation "C".
const TABLES: Readonly<Record<string, string>> = {
  tasks: `
    task_id text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    project_id text NOT NULL,
    status text NOT NULL,
    task_type text NOT NULL,
    parent_id text,
    updated_at text COLLATE "C" NOT NULL,
    uncounted boolean NOT NULL,
    counted text,
    doc text NOT NULL`,
  history: 'task_id text COLLATE "C", at bigint, doc text NOT NULL, PRIMARY KEY (task_id, at)',
  documents:
    'kind text, id text COLLATE "C", version integer NOT NULL, doc text NOT NULL, PRIMARY KEY (kind, id)',
  deliveries: `
    webhook_id text,
    delivery_id text,
    due_at bigint NOT NULL,
    ended_until bigint,
    doc text,
    PRIMARY KEY (webhook_id, delivery_id)`,
  queues: `
    webhook_id text PRIMARY KEY,
    project_id text NOT NULL,
    due_at bigint,
    rest_until bigint NOT NULL,
    woken boolean NOT NULL,
    lease_token text,
    lease_until bigint,
    last text`,
  streams: `
    log_group text,
    log_stream text,
    version integer NOT NULL,
    expires_at bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (log_group, log_stream)`,
  chunks: `
    log_group text,
    log_stream text,
    key text,
    expires_at bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (log_group, log_stream, key)`,
};

const INDEXES: Readonly<Record<string, string>> = {
  tasks_newest: 'tasks (updated_at DESC, task_id DESC)',
  tasks_of_project: 'tasks (project_id, updated_at DESC, task_id DESC)',
  tasks_by_status: 'tasks (status, updated_at DESC, task_id DESC)',
  tasks_of_parent: 'tasks (parent_id, updated_at DESC, task_id DESC) WHERE parent_id IS NOT NULL',
  tasks_uncounted: 'tasks (task_id) WHERE uncounted',
  deliveries_due: 'deliveries (webhook_id, due_at) WHERE ended_until IS NULL',
  queues_due: 'queues (due_at) WHERE due_at IS NOT NULL',
};

/** Makes the tables and indexes that are missing, and changes none that is there. */
export const createTables = async (
  { query, together, table }: Database,
  schema: string,
): Promise<readonly SetUpStep[]> => {
  const steps: SetUpStep[] = [];
  for (const name of Object.keys(TABLES)) {
    const [found] = await query<{ is_there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS is_there', [
      table(name),
    ]);
    steps.push({ what: `table ${schema}.${name}`, outcome: found?.is_there === true ? 'found' : 'created' });
  }
  await together(async (run) => {
    // Two processes that set up at the same time would both miss a table and both create it.
    await run("SELECT pg_advisory_xact_lock(hashtext('miyabi-postgres'))");
    await run(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    for (const [name, columns] of Object.entries(TABLES))
      await run(`CREATE TABLE IF NOT EXISTS ${table(name)} (${columns})`);
    for (const [name, columns] of Object.entries(INDEXES))
      await run(`CREATE INDEX IF NOT EXISTS ${name} ON ${columns.replace(/^\w+/, (of) => table(of))}`);
  });
  return steps;
};

/** How long tasks, and the ids of what was delivered, are kept: as long as the other stores keep them. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** Removes what has expired. */
export const prune = async ({ query, table }: Database, now: number): Promise<void> => {
  const before = new Date(now - KEPT_MS).toISOString();
  await query(`DELETE FROM ${table('history')} WHERE at < $1`, [now - KEPT_MS]);
  await query(`DELETE FROM ${table('tasks')} WHERE updated_at < $1`, [before]);
  await query(`DELETE FROM ${table('deliveries')} WHERE ended_until < $1`, [now]);
  await query(`DELETE FROM ${table('streams')} WHERE expires_at < $1`, [now]);
  await query(`DELETE FROM ${table('chunks')} WHERE expires_at < $1`, [now]);
};
