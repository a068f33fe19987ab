import { Command } from 'commander';

export type SummaryOptions = Readonly<{ comment?: boolean }>;

export const summaryCommand = (): Command =>
  new Command('summary')
    .summary('print how a task went, as Markdown')
    .description(
      'Print how a task went, as Markdown for the page of a CI job: a link to it, how it ended, bars of its sub-tasks, and the ' +
        'cause and its log lines if it failed.',
    )
    .argument('<task>', 'its task_id')
    .option(
      '--comment',
      "also keep a comment of the task's pull request on GitHub up to date (GITHUB_TOKEN, GITHUB_REPOSITORY)",
    )
    .addHelpText(
      'after',
      `
Examples:
  miyabi run --task-file task.id -- npx cdk deploy --all
  miyabi summary "$(cat task.id)" >> "$GITHUB_STEP_SUMMARY"
  miyabi summary "$(cat task.id)" | buildkite-agent annotate --context miyabi`,
    )
    .action(async (task: string, options: SummaryOptions) => {
      const { printSummary } = await import('./summary-actions.ts');
      await printSummary(task, options);
    });
