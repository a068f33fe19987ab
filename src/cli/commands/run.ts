import { Command } from 'commander';

/** The command as the command line describes it; its code is loaded when it is called. */
export const runCommand = (): Command =>
  new Command('run')
    .summary('run a command and follow its progress')
    .description(
      'Run a command with its output, exit code, signals and input unchanged. On a terminal, bars of the tasks in its ' +
        'output are drawn below it; with MIYABI_URL set, its lines go to that server.',
    )
    .usage('[options] -- COMMAND [ARGUMENT...]')
    .argument('<command...>', 'the command and its arguments')
    .option('-p, --project <id>', 'the project of its tasks (MIYABI_PROJECT)')
    .option('-n, --name <name>', 'the name of this run (by default the command)')
    .option('--no-bars', 'draw nothing')
    .option('--no-pty', 'give the command pipes instead of a terminal')
    .option('-q, --quiet', 'print no messages of miyabi itself')
    .option('--task-file <file>', "write the task_id of the run's task to this file, as soon as it starts")
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  miyabi run -- npx cdk deploy --all
  MIYABI_URL=http://127.0.0.1:8787 miyabi run --project shop -- terraform apply -auto-approve

It ends as the command does: with its exit code, or of the same signal. 127: there is no such command, 126: it
cannot be run, 125: miyabi itself failed. What the server has not taken is kept and sent by the next run, or by
miyabi flush.`,
    )
    .action(async (command: string[], options: RunOptions) => {
      const { runWrapped } = await import('../run/run-wrapped.ts');
      await runWrapped(command, options);
    });

export type RunOptions = Readonly<{
  project?: string;
  name?: string;
  bars: boolean;
  pty: boolean;
  quiet?: boolean;
  taskFile?: string;
}>;
