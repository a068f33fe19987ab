import { type Command, CommanderError } from 'commander';
import { EXIT, fail } from './failure.ts';

/** Parses the arguments and runs the command; the exit code is set, never forced. */
export const parseArguments = async (program: Command, args: readonly string[]): Promise<void> => {
  for (const command of [program, ...commandsOf(program)]) {
    command.exitOverride().configureOutput({ outputError: (text, write) => write(complaint(text, command)) });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    // Commander has printed what is wrong; asking for help is not an error.
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 || error.code === 'commander.help' ? 0 : EXIT.usage;
    else fail(error);
  }
};

/** One line that says what is wrong with the arguments, and where to find help. */
const complaint = (text: string, command: Command): string => {
  // `tasks` alone is `tasks list`: a word that is no command of `tasks` arrives there.
  const misread = /^error: too many arguments for 'list'/.test(text) ? command.parent : null;
  const reason =
    misread === null
      ? text
          .replace(/^error: /, '')
          .replace(/\n\(Did /, ' (did ')
          .replace(/\.?\n$/, '')
      : `unknown command '${command.args[0]}'`;
  return `miyabi: ${reason}; see ${helpOf(misread ?? command)}\n`;
};

/** What to type for help on a command. */
const helpOf = (command: Command): string => {
  const names = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `${names.join(' ')} --help`;
};

export const commandsOf = (command: Command): readonly Command[] =>
  command.commands.flatMap((inner) => [inner, ...commandsOf(inner)]);
