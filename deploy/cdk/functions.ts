import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** The texts of the functions' files by function and path. */
export type FunctionFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * One archive of all functions: they share most of their code, so that together they take a third of what an archive of
 * each takes.
 */
export const packFunctions = (functions: FunctionFiles): Buffer => {
  const text = Buffer.from(JSON.stringify(functions));
  return brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
};

/** Unpacks an archive into a folder for each function, and returns their paths. */
export const unpackFunctions = (archive: string, into: string): ReadonlyMap<string, string> => {
  // Our own build has written it.
  const functions = JSON.parse(brotliDecompressSync(readFileSync(archive)).toString('utf8')) as FunctionFiles;
  return new Map(
    Object.entries(functions).map(([name, files]) => {
      const folder = join(into, name);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      return [name, folder];
    }),
  );
};
