import { readFile } from 'node:fs/promises';
import { MiyabiError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';

/**
 * The JSON of a file that a setting names.
 *
 * @throws MiyabiError `configuration` that names the setting and the file.
 */
export const readJsonFile = async (file: string, setting: string): Promise<Json> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new MiyabiError('configuration', `${setting}: ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MiyabiError('configuration', `${setting}: ${file} is not JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
