import type { MiyabiClient } from '../client/index.ts';

/** A log line near the failure of a task. */
export type FailureLine = Readonly<{ text: string; isFailing: boolean }>;

/** The lines around the failure of a task; none if its log is not kept, or the server is older and has no logs. */
export const failureLines = async (client: MiyabiClient, id: string): Promise<readonly FailureLine[]> => {
  const logs = await client
    .request('GET /api/tasks/{task_id}/logs', { path: { task_id: id }, query: { around: 'failure' } })
    .catch(() => undefined);
  return (logs?.lines ?? []).map(({ cursor, text }) => ({
    text,
    isFailing: cursor === logs?.failure?.cursor,
  }));
};
