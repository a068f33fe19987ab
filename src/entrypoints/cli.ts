#!/usr/bin/env node
import { Command } from 'commander';
import { parseLog } from './parse.ts';
import { reportFailure } from './report-failure.ts';

const program = new Command('miyabi')
  .description('Log lines in, live progress out.')
  .showHelpAfterError('(miyabi --help tells what there is)')
  .addHelpText('after', '\nExit codes: 0 done, 1 failed. What went wrong is one line on standard error.');

program
  .command('parse')
  .description('Read a log and print one JSON task per line.')
  .argument('[file]', 'the log; standard input where it is left out or -')
  .addHelpText('after', '\nExample:\n  npx cdk deploy --progress events 2>&1 | miyabi parse')
  .action(parseLog);

program
  .command('serve')
  .description('Serve the API on this machine and follow its log folder: what npm start runs.')
  .option('--demo', 'replay a deployment to watch')
  .action(async ({ demo = false }: { demo?: boolean }) => {
    const { runServer } = await import('./run-server.ts');
    await runServer({ demo });
  });

program.parseAsync().catch((error: unknown) => reportFailure('miyabi', error));
