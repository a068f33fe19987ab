import { Command, Option } from 'commander';
import { TASK_EVENTS } from '../../domain/tasks/events.ts';
import { WEBHOOK_FORMATS } from '../../domain/webhooks/webhook.ts';
import type * as Actions from './webhooks-actions.ts';

const actions = (): Promise<typeof Actions> => import('./webhooks-actions.ts');

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const ofProject = (command: Command): Command =>
  command
    .option('-p, --project <id>', 'the project; by default MIYABI_PROJECT')
    .option('--json', 'print the answer of the API');

export const webhooksCommand = (): Command => {
  const command = new Command('webhooks')
    .summary('send webhooks when tasks finish or stall')
    .description(
      'The webhooks of a project: URLs that are called when a task completes, fails or goes stale.',
    )
    .addHelpText(
      'after',
      `
Examples:
  miyabi webhooks --project tea
  miyabi webhooks add https://example.org/hook --project tea --event task.failed
  miyabi webhooks add https://hooks.slack.com/services/… --project tea --format slack
  miyabi webhooks test 0192b1d2-… --project tea`,
    );

  ofProject(command.command('list', { isDefault: true }))
    .description('List webhooks and the result of the latest message to each.')
    .action(async (options) => (await actions()).listWebhooks(options));

  ofProject(command.command('add'))
    .description('Add a webhook. Its secret, which signs the messages, is shown only once.')
    .argument('<url>', 'where messages go')
    .option('-e, --event <event>', `one of ${TASK_EVENTS.join(', ')}; repeatable, by default all`, collect)
    .addOption(
      new Option('--format <format>', 'what the receiver reads: JSON for programs, or a chat message')
        .choices(WEBHOOK_FORMATS)
        .default('generic'),
    )
    .action(async (url, options) => (await actions()).addWebhook(url, options));

  ofProject(command.command('remove'))
    .description('Remove a webhook. Its pending messages are dropped.')
    .argument('<id>', 'its webhook_id')
    .action(async (id, options) => (await actions()).removeWebhook(id, options));

  ofProject(command.command('test'))
    .description('Send a test message to a webhook.')
    .argument('<id>', 'its webhook_id')
    .action(async (id, options) => (await actions()).testWebhook(id, options));

  return command;
};
