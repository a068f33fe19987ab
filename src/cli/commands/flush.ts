import { Command } from 'commander';

export const flushCommand = (): Command =>
  new Command('flush')
    .summary('send lines that earlier runs could not')
    .description(
      'Send the lines that wait in the spool to the server (MIYABI_URL). Exit code 4 if some could not be sent.',
    )
    .option('--json', 'print {"runs":…,"sent":…} instead of a sentence')
    .addHelpText('after', '\nExample:\n  MIYABI_FLUSH_SECONDS=60 miyabi flush')
    .action(async (options: Readonly<{ json?: boolean }>) => {
      const { flushSpool } = await import('./flush-spool.ts');
      await flushSpool(options);
    });
