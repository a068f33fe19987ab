import { fileLogReader } from '../../adapters/file/log-reader.ts';
import { fileLogSource } from '../../adapters/file/log-source.ts';
import { makeFolder } from '../../adapters/system/folder.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { Backend, LogSourcePorts } from '../backend.ts';

export const logSource: Backend<LogSourcePorts> = async (config, { clock, logger }) => {
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
  const folder = { directory: config.logDir, clock };
  const logSource = fileLogSource({ ...folder, logger });
  return { ports: { logSource, logReader: fileLogReader(folder) }, close: async () => logSource.close() };
};
