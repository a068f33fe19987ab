import { Command } from 'commander';
import { runCommand } from '../commands/run.ts';
import { parseArguments } from '../parse-arguments.ts';
// Loaded with the rest of the graph, since files that are asked for together are read together.
import './run-wrapped.ts';

/**
 * `miyabi run ...` as the whole command line parses it, without the other commands: the wrapped command starts only
 * when everything before it is loaded.
 */
export const runRunProgram = (args: readonly string[]): Promise<void> =>
  parseArguments(new Command('miyabi').enablePositionalOptions().addCommand(runCommand()), args);
