import { Argument, Command, Option } from 'commander';
import { BADGE_KINDS, BADGE_STYLES } from '../../domain/badge.ts';

export const badgeCommand = (): Command =>
  new Command('badge')
    .summary('print a badge of a task or a project for other pages')
    .description(
      'Print the Markdown of a badge that shows how a task or a project is doing. Anyone who has the link sees its name and ' +
        'its state, without a key.',
    )
    .addArgument(new Argument('<kind>', 'what it shows').choices(BADGE_KINDS))
    .argument('<id>', 'its id')
    .addOption(
      new Option('--style <style>', 'one line, or a wide progress bar')
        .choices(BADGE_STYLES)
        .default('badge'),
    )
    .option('--html', 'HTML in place of Markdown')
    .option('--url <address>', 'the address that its readers reach the server at (MIYABI_URL)')
    .option('--json', 'print the answer of the API')
    .addHelpText(
      'after',
      `
Examples:
  miyabi badge project shop >> README.md
  miyabi badge task backup --style bar --html --url https://miyabi.example`,
    )
    .action(async (kind, id, options) => {
      const { printBadge } = await import('./badge-actions.ts');
      await printBadge(kind, id, options);
    });
