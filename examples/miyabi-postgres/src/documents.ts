import {
  type Checkpoints,
  MiyabiError,
  type ProjectStore,
  type ProjectWebhooks,
  type StoredProject,
  versionConflict,
  type WebhookStore,
} from 'miyabi-progress/ports';
import type { Database } from './database.ts';

type Kind = 'project' | 'webhooks' | 'checkpoint';
type Found = Readonly<{ version: number; doc: string }>;

/** Documents of a kind, each under its version. */
const documents = ({ query, table }: Database, kind: Kind) => {
  const all = table('documents');
  return {
    async find(id: string): Promise<Found | undefined> {
      const [row] = await query<Found>(`SELECT version, doc FROM ${all} WHERE kind = $1 AND id = $2`, [
        kind,
        id,
      ]);
      return row;
    },

    /** Whether it was written: nothing is if the stored version, 0 where there is none, is not the one before. */
    async write(id: string, version: number, doc: string): Promise<boolean> {
      const statement =
        version === 1
          ? `INSERT INTO ${all} VALUES ($1, $2, $3, $4) ON CONFLICT (kind, id) DO NOTHING RETURNING id`
          : `UPDATE ${all} SET version = $3, doc = $4 WHERE kind = $1 AND id = $2 AND version = $3 - 1 RETURNING id`;
      return (await query(statement, [kind, id, version, doc])).length > 0;
    },

    /** Whether it is gone: false if it has another version. */
    async remove(id: string, version?: number): Promise<boolean> {
      const removed = await query(
        `DELETE FROM ${all} WHERE kind = $1 AND id = $2 AND ($3::integer IS NULL OR version = $3) RETURNING id`,
        [kind, id, version ?? null],
      );
      return removed.length > 0 || (await this.find(id)) === undefined;
    },

    list: (after: string | undefined, limit: number) =>
      query<Found>(
        `SELECT version, doc FROM ${all} WHERE kind = $1 AND ($2::text IS NULL OR id > $2) ORDER BY id LIMIT $3`,
        [kind, after ?? null, limit],
      ),
  };
};

const refused = (what: string, id: string, version: number): MiyabiError =>
  version === 1
    ? new MiyabiError('already_exists', `${what} ${id} exists already`)
    : versionConflict(what, id);

export const postgresProjectStore = (database: Database): ProjectStore => {
  const projects = documents(database, 'project');
  return {
    async find(projectId) {
      const found = await projects.find(projectId);
      return found === undefined ? undefined : JSON.parse(found.doc);
    },

    async save(project) {
      const { project_id, version } = project;
      if (!(await projects.write(project_id, version, JSON.stringify(project))))
        throw refused('Project', project_id, version);
    },

    async list({ limit, after }) {
      const rows = await projects.list(after, limit + 1);
      const items = rows.slice(0, limit).map(({ doc }): StoredProject => JSON.parse(doc));
      const last = items.at(-1);
      return rows.length > limit && last !== undefined ? { items, next: last.project_id } : { items };
    },

    async remove(projectId, version) {
      if (!(await projects.remove(projectId, version))) throw versionConflict('Project', projectId);
    },
  };
};

export const postgresWebhookStore = (database: Database): WebhookStore => {
  const all = documents(database, 'webhooks');
  return {
    async find(projectId): Promise<ProjectWebhooks | undefined> {
      const found = await all.find(projectId);
      return found === undefined ? undefined : JSON.parse(found.doc);
    },

    async save(webhooks) {
      const { project_id, version } = webhooks;
      if (!(await all.write(project_id, version, JSON.stringify(webhooks))))
        throw refused('Webhooks of project', project_id, version);
    },

    async remove(projectId) {
      await all.remove(projectId);
    },
  };
};

export const postgresCheckpoints = (database: Database): Checkpoints => {
  const all = documents(database, 'checkpoint');
  return {
    async read(key) {
      const found = await all.find(key);
      return found === undefined ? undefined : { value: JSON.parse(found.doc), version: found.version };
    },

    async write(key, value, expected) {
      if (!(await all.write(key, expected + 1, JSON.stringify(value))))
        throw versionConflict('Checkpoint', key);
    },

    async remove(key) {
      await all.remove(key);
    },
  };
};
