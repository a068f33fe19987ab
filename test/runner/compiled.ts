import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './files.ts';

/** The variable by which a test finds the folder of compiled programs. */
export const COMPILED = 'MIYABI_COMPILED';

export const WORKER = 'test/runner/worker.ts';

/** By its place: programs are started in folders from which it would not be found. */
const TSX = new URL('../../node_modules/tsx/dist/esm/index.mjs', import.meta.url).href;

/** Where a file of the project is loaded from: compiled into the folder, or its source. */
export const pathOf = (file: string, folder: string | undefined): string => {
  const compiled = folder === undefined ? '' : join(folder, file.replace(/\.tsx?$/, '.js'));
  return existsSync(compiled) ? compiled : join(ROOT, file);
};

/** The words after `node` that run a file of the project. */
export const wordsFor = (file: string, folder: string | undefined): readonly string[] => {
  const path = pathOf(file, folder);
  return path.endsWith('.js') ? [path] : ['--import', TSX, path];
};
