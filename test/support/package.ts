import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The package as these sources would ship it, as far as examples import it; `dist` may be older or missing. */
export const installPackage = async (folder: string): Promise<void> => {
  await build({
    entryPoints: [join(ROOT, 'src/client/index.ts')],
    outfile: join(folder, 'dist/client/index.js'),
    ...{
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      logLevel: 'silent',
    },
  });
  // For authors of adapters; these run on Node alone.
  await build({
    entryPoints: ['contracts', 'ports', 'testing'].map((name) => join(ROOT, `src/${name}/index.ts`)),
    outdir: join(folder, 'dist'),
    outbase: join(ROOT, 'src'),
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', logLevel: 'silent' },
  });
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
};
