import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleFunction, FUNCTIONS, type FunctionName, ROOT } from './bundle.ts';

const { values } = parseArgs({ options: { 'log-formats': { type: 'string' } } });

for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
  const { zip, size, zipped, sha256 } = await bundleFunction(name, { logFormats: values['log-formats'] });
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`.padStart(8);
  process.stdout.write(
    `${relative(ROOT, zip).padEnd(26)} ${kilobytes(size)}, zipped ${kilobytes(zipped)}  ${sha256.slice(0, 12)}\n`,
  );
}
