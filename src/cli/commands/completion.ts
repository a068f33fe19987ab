import { Argument, Command } from 'commander';

export const completionCommand = (): Command =>
  new Command('completion')
    .summary('print a completion script for a shell')
    .description('Print what teaches a shell to complete miyabi.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `
Examples:
  source <(miyabi completion bash)                                   in ~/.bashrc
  miyabi completion zsh > "\${fpath[1]}/_miyabi"                       once`,
    )
    .action(async (shell: 'bash' | 'zsh', _options: unknown, command: Command) => {
      const { completionScript } = await import('./completion-script.ts');
      process.stdout.write(completionScript(shell, rootOf(command)));
    });

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));
