import { Command } from 'commander';
import type * as Actions from './scripts-actions.ts';

const actions = (): Promise<typeof Actions> => import('./scripts-actions.ts');

const PROJECT = ['-p, --project <id>', 'the project of the task (MIYABI_PROJECT)'] as const;
const EXIT_CODES = `
Exit codes: 0 the server has it, 2 wrong usage, 3 no such task, 4 the server cannot be reached, 5 it refuses the key.`;

const startCommand = (): Command =>
  new Command('start')
    .summary('start a task from a script and print its id')
    .description(
      'Start a task from a script and print its id. With --id a job that runs again and again is one task: each start is ' +
        'its next attempt.',
    )
    .argument('<name>', 'what it is called')
    .option('--id <id>', 'its task_id, for a job that runs again and again')
    .option(...PROJECT)
    .option('--total <number>', 'how many steps it has')
    .option('--every <duration>', 'how often it is expected to start, e.g. 24h; needs --id')
    .option('--grace <duration>', 'how late it may be, e.g. 1h; by default a minute')
    .addHelpText(
      'after',
      `
Examples:
  id=$(miyabi start "Import orders" --total 12)
  miyabi start "Nightly backup" --id backup --every 24h --grace 1h
${EXIT_CODES}`,
    )
    .action(async (name, options) => (await actions()).start(name, options));

const progressCommand = (): Command =>
  new Command('progress')
    .summary('say how far a started task is')
    .description(
      'Say how far a started task is. A count that reaches its total does not end it: miyabi done does.',
    )
    .argument('<id>', 'its id')
    .argument('<count>', 'steps done, done and in all, or a share: 3, 3/12 or 25%')
    .argument('[message]', 'what it is doing')
    .addHelpText('after', `\nExample:\n  miyabi progress "$id" 3/12 "loading customers"\n${EXIT_CODES}`)
    .action(async (id, count, message) => (await actions()).progress(id, count, message));

const doneCommand = (): Command =>
  new Command('done')
    .summary('end a started task, by an exit code if you like')
    .description('End a started task: completed, or failed if an exit code other than 0 is given.')
    .argument('<id>', 'its id')
    .argument('[message]', 'what to remember of it')
    .option('--exit-code <code>', 'the exit code of what it stands for, e.g. $?', '0')
    .addHelpText(
      'after',
      `\nExample:\n  tar czf b.tgz data; miyabi done backup --exit-code $?\n${EXIT_CODES}`,
    )
    .action(async (id, message, options) => (await actions()).done(id, message, options));

const failCommand = (): Command =>
  new Command('fail')
    .summary('end a started task as failed')
    .description('End a started task as failed.')
    .argument('<id>', 'its id')
    .argument('[message]', 'why')
    .addHelpText('after', `\nExample:\n  miyabi fail "$id" "the disk is full"\n${EXIT_CODES}`)
    .action(async (id, message) => (await actions()).fail(id, message));

/** What scripts and cron jobs say of a task, a line each. */
export const scriptCommands = (): readonly Command[] => [
  startCommand(),
  progressCommand(),
  doneCommand(),
  failCommand(),
];
