import { Command } from 'commander';

export type LogsOptions = Readonly<{ follow?: boolean; tail: string; search?: string; json?: boolean }>;

export const logsCommand = (): Command =>
  new Command('logs')
    .summary('print the log lines of a task')
    .description(
      'Print the log lines of a task, with their colours on a terminal and without in a pipe. With --follow it goes on until ' +
        'the task ends: exit code 0 if it completed, 6 if it failed or was cancelled.',
    )
    .argument('<task>', 'its task_id')
    .option('-f, --follow', 'go on with new lines until the task ends')
    .option('-n, --tail <number>', 'how many of the newest lines to begin with', '100')
    .option('--search <text>', 'only lines that contain this text, ignoring case')
    .option('--json', 'print each line as JSON: cursor, timestamp and text')
    .addHelpText(
      'after',
      `
Examples:
  miyabi logs "$id"
  miyabi logs -f "$id"
  miyabi logs --tail 2000 --search error "$id"
  miyabi logs --json "$id" | jq -r .text`,
    )
    .action(async (task: string, options: LogsOptions) => {
      const { printLogs } = await import('./logs-actions.ts');
      await printLogs(task, options);
    });
