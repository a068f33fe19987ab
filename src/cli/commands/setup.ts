import { pinoLogger } from '../../adapters/system/logger.ts';
import { readConfig } from '../../config.ts';
import { setUp } from '../../container/set-up.ts';

/** `miyabi setup`: makes what the configured backends need, and says of each resource whether it was found or made. */
export const runSetup = async ({ json = false }: Readonly<{ json?: boolean }>): Promise<void> => {
  const config = readConfig(process.env);
  for await (const step of setUp(config, pinoLogger({ level: config.logLevel }))) {
    process.stdout.write(json ? `${JSON.stringify(step)}\n` : `${step.what}: ${step.outcome}\n`);
  }
};
