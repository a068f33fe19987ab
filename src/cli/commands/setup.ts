import { pinoLogger } from '../../adapters/system/logger.ts';
import { readConfig } from '../../config.ts';
import { setUp } from '../../container/set-up.ts';

/** `miyabi setup`: creates what the configured backends need, and reports each resource as found or created. */
export const runSetup = async ({ json = false }: Readonly<{ json?: boolean }>): Promise<void> => {
  const config = readConfig(process.env);
  for await (const step of setUp(config, pinoLogger({ level: config.logLevel }))) {
    process.stdout.write(json ? `${JSON.stringify(step)}\n` : `${step.what}: ${step.outcome}\n`);
  }
};
