import { type LineStore, versionConflict } from 'miyabi-progress/ports';
import type { Database } from './database.ts';

export const postgresLineStore = ({ query, together, table }: Database): LineStore => {
  const streams = table('streams');
  const chunks = table('chunks');
  return {
    async find({ log_group, log_stream }) {
      const [row] = await query<{ version: number; doc: string }>(
        `SELECT version, doc FROM ${streams} WHERE log_group = $1 AND log_stream = $2`,
        [log_group, log_stream],
      );
      return row === undefined ? undefined : { value: JSON.parse(row.doc), version: row.version };
    },

    async chunks({ log_group, log_stream }, keys) {
      const rows = await query<{ key: string; doc: string }>(
        `SELECT key, doc FROM ${chunks} WHERE log_group = $1 AND log_stream = $2 AND key = ANY($3)`,
        [log_group, log_stream, keys],
      );
      return rows.map(({ key, doc }) => ({ key, value: JSON.parse(doc) }));
    },

    async write({ log_group, log_stream }, { index, put, remove, expires_at }, expected) {
      const name = [log_group, log_stream];
      await together(async (run) => {
        const written = await run(
          expected === 0
            ? `INSERT INTO ${streams} VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (log_group, log_stream) DO NOTHING RETURNING version`
            : `UPDATE ${streams} SET version = $3, expires_at = $4, doc = $5
               WHERE log_group = $1 AND log_stream = $2 AND version = $3 - 1 RETURNING version`,
          [...name, expected + 1, expires_at, JSON.stringify(index)],
        );
        if (written.length === 0) throw versionConflict('Log stream', `${log_group} ${log_stream}`);
        await run(
          `INSERT INTO ${chunks} SELECT $1, $2, key, $3, doc FROM unnest($4::text[], $5::text[]) AS new (key, doc)
           ON CONFLICT (log_group, log_stream, key) DO UPDATE SET doc = excluded.doc, expires_at = excluded.expires_at`,
          [...name, expires_at, put.map(({ key }) => key), put.map(({ value }) => JSON.stringify(value))],
        );
        await run(`DELETE FROM ${chunks} WHERE log_group = $1 AND log_stream = $2 AND key = ANY($3)`, [
          ...name,
          remove,
        ]);
      });
    },

    async remove({ log_group, log_stream }) {
      await together(async (run) => {
        for (const from of [streams, chunks])
          await run(`DELETE FROM ${from} WHERE log_group = $1 AND log_stream = $2`, [log_group, log_stream]);
      });
    },
  };
};
