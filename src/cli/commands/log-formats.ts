import type { LogFormat } from '../../domain/logs/format.ts';
import { customFormats } from '../../domain/logs/formats/custom.ts';
import { builtInFormats, formatsWith } from '../../domain/logs/formats/registry.ts';

/**
 * The formats of the command line: the built-in ones, and those of `MIYABI_LOG_FORMATS`, as on a server.
 *
 * @throws MiyabiError `configuration` where that file cannot be read or contains an invalid format.
 */
export const logFormats = async (file: string | undefined): Promise<readonly LogFormat[]> => {
  if (file === undefined || file.trim() === '') return builtInFormats;
  const [{ readJsonFile }, { loadPatterns }] = await Promise.all([
    import('../../adapters/file/json-file.ts'),
    import('../../adapters/re2/pattern.ts'),
  ]);
  return formatsWith(customFormats(await readJsonFile(file, 'MIYABI_LOG_FORMATS'), await loadPatterns()));
};
