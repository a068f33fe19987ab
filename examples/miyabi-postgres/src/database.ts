import { isMiyabiError, unavailable } from 'miyabi-progress/ports';
import pg from 'pg';

type Row = Readonly<Record<string, unknown>>;

/** Runs one statement. @throws MiyabiError `unavailable` where the server does not answer, or refuses. */
export type Query = <R extends Row>(text: string, values?: readonly unknown[]) => Promise<readonly R[]>;

export type Database = Readonly<{
  query: Query;
  /** Runs statements that take effect together, or not at all if one of them or the function throws. */
  together<T>(run: (query: Query) => Promise<T>): Promise<T>;
  /** The name of a table, for a statement. */
  table(name: string): string;
  close(): Promise<void>;
}>;

/** A database behind a pool of connections; the first statement opens one. `schema` holds all tables. */
export const database = (url: string, schema: string): Database => {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 5_000 });
  // A connection that breaks while it is idle is replaced by the next statement.
  pool.on('error', () => undefined);
  const on =
    (client: pg.Pool | pg.PoolClient): Query =>
    async <R extends Row>(text: string, values: readonly unknown[] = []) => {
      try {
        return (await client.query<R>(text, [...values])).rows;
      } catch (error) {
        throw unavailable('PostgreSQL', error);
      }
    };
  return {
    query: on(pool),
    async together(run) {
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable('PostgreSQL', error);
      });
      try {
        await client.query('BEGIN');
        const result = await run(on(client));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        // A connection on which even this fails is not used again.
        const failed = await client.query('ROLLBACK').then(
          () => undefined,
          (reason: Error) => reason,
        );
        client.release(failed);
        throw isMiyabiError(error) ? error : unavailable('PostgreSQL', error);
      }
    },
    table: (name) => `"${schema}".${name}`,
    close: () => pool.end(),
  };
};
