import { Command, Option } from 'commander';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { PRIORITIES } from '../../domain/tasks/task.ts';
import type * as Actions from './tasks-actions.ts';

const actions = (): Promise<typeof Actions> => import('./tasks-actions.ts');

/** An option that may be repeated. */
const pair = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const tasksCommand = (): Command => {
  const command = new Command('tasks')
    .summary('list, show, create, report and cancel tasks')
    .description('The tasks of a server (MIYABI_URL, by default http://127.0.0.1:8787).')
    .addHelpText(
      'after',
      `
Examples:
  miyabi tasks list --status running,blocked
  id=$(miyabi tasks create "Nightly import" --total 12 --json | jq -r .task_id)
  miyabi tasks report "$id" --current 3 --phase loading
  miyabi tasks cancel "$id"`,
    );

  command
    .command('list', { isDefault: true })
    .description('List tasks, newest update first.')
    .option('-s, --status <list>', `one or several of ${TASK_STATUSES.join(', ')}`)
    .option('-p, --project <id>', 'only of this project')
    .option('-t, --type <type>', 'only of this type, e.g. cdk_deploy')
    .option('-l, --label <name=value>', 'with this label; repeatable', pair)
    .option('--search <text>', 'with this text in the name')
    .option('-n, --limit <number>', 'how many at most', '50')
    .option('--json', 'print {"tasks":[…],"next_cursor":…} as the API answers')
    .action(async (options) => (await actions()).listTasks(options));

  command
    .command('show')
    .description('Show one task.')
    .argument('<id>', 'its task_id')
    .option('--json', 'print the task as the API answers')
    .action(async (id, options) => (await actions()).showTask(id, options));

  command
    .command('create')
    .description('Create a task.')
    .argument('<name>', 'its name')
    .option('--id <id>', 'its task_id (by default the server chooses one)')
    .option('-p, --project <id>', 'its project (MIYABI_PROJECT)')
    .option('-t, --type <type>', 'its type, e.g. build')
    .option('-d, --description <text>', 'what it is about')
    .option('--total <number>', 'how many steps it has')
    .addOption(new Option('--status <status>', 'its status').choices(TASK_STATUSES))
    .addOption(new Option('--priority <priority>', 'its priority').choices(PRIORITIES))
    .option('-l, --label <name=value>', 'a label; repeatable', pair)
    .option('--json', 'print the answer of the API')
    .action(async (name, options) => (await actions()).createTask(name, options));

  command
    .command('report')
    .description('Report progress of a task. A count that reaches the total completes it.')
    .argument('<id>', 'its task_id')
    .option('-c, --current <number>', 'steps done')
    .option('--total <number>', 'total steps')
    .option('--failed <number>', 'steps that failed')
    .option('--skipped <number>', 'steps that were skipped')
    .addOption(new Option('-s, --status <status>', 'its status').choices(TASK_STATUSES))
    .option('--phase <text>', 'its phase')
    .option('-m, --message <text>', 'a message for its history')
    .option('--json', 'print the task as the API answers')
    .action(async (id, options) => (await actions()).reportTask(id, options));

  command
    .command('cancel')
    .description('Mark a task as cancelled. This does not stop the process.')
    .argument('<id>', 'its task_id')
    .option('-m, --message <text>', 'why')
    .option('--json', 'print the task as the API answers')
    .action(async (id, options) => (await actions()).reportTask(id, { ...options, status: 'cancelled' }));

  return command;
};
