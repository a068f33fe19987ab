import { Command } from 'commander';

export const doctorCommand = (): Command =>
  new Command('doctor')
    .summary('check configuration and backends, and suggest fixes')
    .description(
      'Check the server that miyabi speaks to, what waits for it, and the configuration and backends that miyabi serve ' +
        'would run with here. Exit code 1 if anything has to be fixed.',
    )
    .option('--json', 'print {"ok":…,"checks":[…]}')
    .addHelpText('after', '\nExample:\n  MIYABI_BACKEND=aws REDIS_ENDPOINT=cache.example miyabi doctor')
    .action(async (options: Readonly<{ json?: boolean }>) => {
      const { examine } = await import('./doctor-checks.ts');
      await examine(options);
    });
