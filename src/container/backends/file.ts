import { ContainerModule } from 'inversify';
import { fileLogSource } from '../../adapters/file/log-source.ts';
import { makeFolder } from '../../adapters/system/folder.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { Backend } from '../backend.ts';
import { TOKENS } from '../tokens.ts';

export const logSource: Backend = async (config) => {
  try {
    await makeFolder(config.logDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MiyabiError(
      'configuration',
      `The log folder ${config.logDir} cannot be made: ${reason}; set MIYABI_LOG_DIR to another`,
      { cause: error },
    );
  }
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.logSource).toResolvedValue(
      (clock) => fileLogSource({ directory: config.logDir, clock }),
      [TOKENS.clock],
    );
  });
  return { module };
};
