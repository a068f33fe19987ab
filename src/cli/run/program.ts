import { Command } from 'commander';
import { runCommand } from '../commands/run.ts';
import { parseArguments } from '../parse-arguments.ts';
// Imported here so that it is read along with the rest of the module graph.
import './run-wrapped.ts';

/**
 * `miyabi run` alone, parsed as the whole command line would. Loading the other commands first would delay the start of
 * the wrapped command.
 */
export const runRunProgram = (args: readonly string[]): Promise<void> =>
  parseArguments(new Command('miyabi').enablePositionalOptions().addCommand(runCommand()), args);
