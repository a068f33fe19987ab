import type { KeptLines } from './kept-lines.ts';
import type { ProgressService } from './progress.ts';

/** Takes in logs that clients post: what they say of tasks is counted, and their lines are kept. */
export type PostedLogs = Pick<ProgressService, 'ingest'>;

/**
 * Lines first: whoever hears of a failure finds its line. Where the rest fails, the post is sent again and its lines are known;
 * that they cannot be kept fails no post.
 */
export const postedLogs = ({
  progressService,
  keptLines,
}: Readonly<{ progressService: ProgressService; keptLines: KeptLines }>): PostedLogs => ({
  async ingest(batch) {
    await keptLines.keep(batch, batch.events);
    const result = await progressService.ingest(batch);
    if (result.tasks.length > 0) {
      await keptLines.noteTasks(
        batch,
        result.tasks.map(({ task_id }) => task_id),
      );
    }
    return result;
  },
});
