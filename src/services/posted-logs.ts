import type { KeptLines } from './kept-lines.ts';
import type { ProgressService } from './progress.ts';

/** Takes in logs that clients post: what they say of tasks is counted, and their lines are kept. */
export type PostedLogs = Pick<ProgressService, 'ingest'>;

/** Progress comes first: where it fails the post is sent again, and keeping its lines must not make it fail. */
export const postedLogs = ({
  progressService,
  keptLines,
}: Readonly<{ progressService: ProgressService; keptLines: KeptLines }>): PostedLogs => ({
  async ingest(batch) {
    const result = await progressService.ingest(batch);
    await keptLines.keep(
      batch,
      batch.events,
      result.tasks.map(({ task_id }) => task_id),
    );
    return result;
  },
});
