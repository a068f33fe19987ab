import { lstatSync, watch } from 'node:fs';
import { lstat, readdir, realpath, stat, statfs } from 'node:fs/promises';

/** What finding logs calls of the operating system. A test replaces it to count the calls. */
export const fileSystem = { lstat, lstatSync, readdir, realpath, stat, statfs, watch };

export type FileSystem = Readonly<typeof fileSystem>;
