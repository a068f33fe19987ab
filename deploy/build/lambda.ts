import { relative } from 'node:path';
import { parse, program, say } from '../scripts/program.ts';
import { bundleFunction, FUNCTIONS, type FunctionName, ROOT } from './bundle.ts';

/** Bundles every function and prints the sizes. */
program('build:lambda', async (args) => {
  const { 'log-formats': logFormats } = parse(args, { 'log-formats': { type: 'string' } });
  for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
    const { zip, size, zipped, sha256 } = await bundleFunction(name, {
      logFormats: typeof logFormats === 'string' ? logFormats : undefined,
    });
    const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`.padStart(8);
    say(
      `${relative(ROOT, zip).padEnd(26)} ${kilobytes(size)}, zipped ${kilobytes(zipped)}  ${sha256.slice(0, 12)}`,
    );
  }
});
