import { Command } from 'commander';
import { badgeCommand } from './commands/badge.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { flushCommand } from './commands/flush.ts';
import { hookCommand } from './commands/hook.ts';
import { keysCommand } from './commands/keys.ts';
import { logsCommand } from './commands/logs.ts';
import { mcpCommand } from './commands/mcp.ts';
import { projectsCommand } from './commands/projects.ts';
import { runCommand } from './commands/run.ts';
import { scriptCommands } from './commands/scripts.ts';
import { summaryCommand } from './commands/summary.ts';
import { tasksCommand } from './commands/tasks.ts';
import { watchCommand } from './commands/watch.ts';
import { webhooksCommand } from './commands/webhooks.ts';
import { parseArguments } from './parse-arguments.ts';
import { ownVersion } from './version.ts';

/** Runs `miyabi serve`. The server is not part of the command line, so it is passed in. */
export type Serve = (options: Readonly<{ demo: boolean }>) => Promise<void>;

/** The command line, without running anything. The code of a command is loaded when it is called. */
export const buildProgram = (serve: Serve): Command => {
  const program = new Command('miyabi')
    .description('Log lines in, live progress out.')
    .version(ownVersion())
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Environment:
  MIYABI_URL       the server, e.g. http://127.0.0.1:8787
  MIYABI_API_KEY   its key, if it requires one
  MIYABI_PROJECT   the project if --project is not given
  NO_COLOR         no colours

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 not found, 4 the server cannot be reached, 5 it refuses
the key, 6 the watched or followed task failed. miyabi run ends as its command does. What went wrong is one line on standard error.`,
    );

  for (const command of [
    runCommand(),
    watchCommand(),
    logsCommand(),
    summaryCommand(),
    ...scriptCommands(),
    tasksCommand(),
    projectsCommand(),
    webhooksCommand(),
    badgeCommand(),
    keysCommand(),
    flushCommand(),
  ]) {
    program.addCommand(command);
  }

  program
    .command('parse')
    .summary('read a log and print its tasks')
    .description('Read a log and print one JSON task per line.')
    .argument('[file]', 'the log (by default, or with -, standard input)')
    .option('--explain', 'print for each line which format matched and what it read')
    .option('--json', 'with --explain: one JSON object per line')
    .addHelpText(
      'after',
      `
Examples:
  npx cdk deploy --progress events 2>&1 | miyabi parse
  miyabi parse --explain deploy.log`,
    )
    .action(async (file: string | undefined, { explain, json }: { explain?: boolean; json?: boolean }) => {
      const { explainLog, parseLog } = await import('./commands/parse.ts');
      const { logFormats } = await import('./commands/log-formats.ts');
      const formats = await logFormats(process.env.MIYABI_LOG_FORMATS);
      if (explain) await explainLog(file, formats, { json: json === true });
      else await parseLog(file, formats);
    });

  program
    .command('setup')
    .summary('create missing tables and log groups')
    .description(
      'Create what is missing at the configured endpoints: tables, indexes, expiry, log groups. Safe to run twice.',
    )
    .option('--json', 'one JSON object per line')
    .addHelpText(
      'after',
      '\nExample:\n  MIYABI_BACKEND=aws DYNAMODB_ENDPOINT=http://127.0.0.1:8000 miyabi setup',
    )
    .action(async (options: { json?: boolean }) => {
      const { runSetup } = await import('./commands/setup.ts');
      await runSetup(options);
    });

  program
    .command('export')
    .summary('write the contents of the store as lines of JSON')
    .description(
      'Write the contents of the configured store to standard output, as lines of JSON for miyabi import. Stop the ' +
        'server first.',
    )
    .option(
      '--with-secrets',
      'include the secrets of webhooks and of badge links; otherwise new ones are made',
    )
    .addHelpText('after', '\nExample:\n  miyabi export > backup.jsonl')
    .action(async (options: { withSecrets?: boolean }) => {
      const { runExport } = await import('./commands/archive.ts');
      await runExport(options);
    });

  program
    .command('import')
    .summary('restore an archive of miyabi export')
    .description(
      'Restore an archive of miyabi export into the configured store. Existing records stay, so it can be run again.',
    )
    .argument('[file]', 'the archive (by default, or with -, standard input)')
    .addHelpText('after', '\nExample:\n  MIYABI_BACKEND=aws miyabi import backup.jsonl')
    .action(async (file: string | undefined) => {
      const { runImport } = await import('./commands/archive.ts');
      await runImport(file);
    });

  program
    .command('serve')
    .summary('serve the API on this machine')
    .description('Serve the API on this machine and follow its log folder: what npm start runs.')
    .option('--demo', 'replay a deployment as a demo')
    .action(({ demo = false }: { demo?: boolean }) => serve({ demo }));

  program.addCommand(hookCommand());
  program.addCommand(mcpCommand());
  program.addCommand(doctorCommand());
  program.addCommand(completionCommand());
  return program;
};

/** Parses the arguments and runs the command; the exit code is set, never forced. */
export const runProgram = (args: readonly string[], serve: Serve): Promise<void> =>
  parseArguments(buildProgram(serve), args);
