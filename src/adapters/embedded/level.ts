import { ClassicLevel } from 'classic-level';

// Two buffers of writes and the cache of blocks stay in memory for good. What is read often is remembered besides.
const LEVEL_OPTIONS = {
  keyEncoding: 'utf8',
  valueEncoding: 'utf8',
  createIfMissing: false,
  compression: true,
  cacheSize: 4 * 1024 * 1024,
  writeBufferSize: 4 * 1024 * 1024,
} as const;

/** Opens LevelDB in a folder. @throws its own error, e.g. with the code `LEVEL_LOCKED` in its cause. */
export const openLevel = async (
  path: string,
  { create }: Readonly<{ create: boolean }>,
): Promise<ClassicLevel<string, string>> => {
  const level = new ClassicLevel<string, string>(path, { ...LEVEL_OPTIONS, createIfMissing: create });
  await level.open();
  return level;
};

/** The code of an error of LevelDB, or of its cause. */
export const codeOf = (error: unknown): unknown => {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && error.code !== 'LEVEL_DATABASE_NOT_OPEN' ? error.code : codeOf(error.cause);
};
