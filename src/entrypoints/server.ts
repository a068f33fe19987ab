import { parseArgs } from 'node:util';
import { reportFailure } from '../cli/report-failure.ts';
import { MiyabiError } from '../domain/errors.ts';
import { runServer } from './local/run-server.ts';

const readArgs = (args: readonly string[]): { demo: boolean } => {
  try {
    const { values } = parseArgs({ args: [...args], options: { demo: { type: 'boolean', default: false } } });
    return { demo: values.demo };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MiyabiError('configuration', `${reason}; the one option is --demo`, { cause: error });
  }
};

const start = async () => runServer({ ...readArgs(process.argv.slice(2)), command: 'npm start -- --demo' });

start().catch((error: unknown) => reportFailure('miyabi', error));
