import type { KeptLines } from './kept-lines.ts';
import type { ProgressService } from './progress.ts';

/** Processes posted logs: applies them to tasks, and keeps their lines. */
export type PostedLogs = Pick<ProgressService, 'ingest'>;

/**
 * Lines first, so that the line of a reported failure can be found. If the rest fails, the post is sent again and its lines are
 * recognised. A failure to keep them does not fail the post. A client posts its lines in their order.
 */
export const postedLogs = ({
  progressService,
  keptLines,
}: Readonly<{ progressService: ProgressService; keptLines: KeptLines }>): PostedLogs => ({
  async ingest(batch) {
    await keptLines.keep(batch, batch.events);
    const result = await progressService.ingest({ ...batch, inSequence: true });
    if (result.tasks.length > 0) {
      await keptLines.noteTasks(
        batch,
        result.tasks.map(({ task_id }) => task_id),
      );
    }
    return result;
  },
});
