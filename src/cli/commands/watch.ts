import { Command } from 'commander';

export const watchCommand = (): Command =>
  new Command('watch')
    .summary('watch tasks live')
    .description(
      'A live table of tasks in the terminal. With a task it ends when the task does: exit code 0 if it completed, 6 if ' +
        'it failed or was cancelled. Without a terminal, it prints a line for each change.',
    )
    .argument('[task]', 'the task_id of one task')
    .option('-p, --project <id>', 'the tasks of one project')
    .option('--json', 'print each changed task as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  miyabi watch
  miyabi watch --project shop
  miyabi watch "$id" && echo deployed
  miyabi watch --json | jq -r 'select(.status == "failed") | .task_name'`,
    )
    .action(async (task: string | undefined, options: WatchOptions) => {
      const { watchTasks } = await import('./watch-tasks.ts');
      await watchTasks(task, options);
    });

export type WatchOptions = Readonly<{ project?: string; json?: boolean }>;
