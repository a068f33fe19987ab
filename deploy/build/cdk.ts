import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { packFunctions } from '../cdk/functions.ts';
import { program, runProgram, say } from '../scripts/program.ts';
import { bundleFunction, FUNCTIONS, type FunctionName, ROOT } from './bundle.ts';

const OUT = join(ROOT, 'dist/cdk');

/** What the construct shares with the rest of the package is in it already, compiled. */
const compiledSources: Plugin = {
  name: 'compiled-sources',
  setup(builder) {
    builder.onResolve({ filter: /\/src\/.*\.ts$/ }, ({ path, resolveDir }) => ({
      path: `../${relative(join(ROOT, 'src'), join(resolveDir, path)).replace(/\.ts$/, '.js')}`,
      external: true,
    }));
  },
};

/** Builds `miyabi-progress/cdk`: the construct, its types, and the functions that it deploys. */
program('build:cdk', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'miyabi-cdk-'));
  try {
    const functions: Record<string, Record<string, string>> = {};
    for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
      const { folder } = await bundleFunction(name, { outdir: scratch });
      functions[name] = Object.fromEntries(
        readdirSync(folder)
          .sort()
          .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
      );
    }
    rmSync(OUT, { recursive: true, force: true });
    mkdirSync(OUT, { recursive: true });
    writeFileSync(join(OUT, 'functions.br'), packFunctions(functions));
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['deploy/cdk/index.ts'],
      outfile: join(OUT, 'index.js'),
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      logLevel: 'warning',
      plugins: [compiledSources],
    });
    const types = join(scratch, 'types');
    await runProgram(['npx', 'tsc', '-p', 'deploy/tsconfig.cdk.json', '--outDir', types], {
      what: 'The compiler',
    });
    const declarations = readFileSync(join(types, 'deploy/cdk/index.d.ts'), 'utf8');
    if (/from '\.|import\("\./.test(declarations))
      throw new Error('The types of the construct are not alone');
    writeFileSync(join(OUT, 'index.d.ts'), declarations);
    for (const file of readdirSync(OUT)) {
      const kilobytes = (readFileSync(join(OUT, file)).length / 1000).toFixed(0);
      say(`dist/cdk/${file.padEnd(14)} ${kilobytes.padStart(4)} kB`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
