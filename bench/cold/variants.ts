import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, transform } from 'esbuild';
import { bundleFunction } from '../../deploy/build/bundle.ts';
import { BENCH, CACHE, ROOT } from '../lib/set-up.ts';

const FOLDER = join(CACHE, 'cold');
const PEERS = ['express', 'fastify', 'hono', 'middy', 'powertools'] as const;

/** Where a function is, and the name of its handler there. */
export type Built = Readonly<{ folder: string; handler: string }>;

const SHARED = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} as const satisfies BuildOptions;

/** A peer, bundled as our artifact was before anything was done for its start: ES modules, minified, the SDK apart. */
const buildPeer = async (name: string): Promise<Built> => {
  const folder = join(FOLDER, name);
  await build({
    ...SHARED,
    absWorkingDir: BENCH,
    entryPoints: { index: join('cold/peers', `${name}.mjs`) },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
  });
  return { folder, handler: 'index.handler' };
};

/** Everything of ours in one minified file, and everything in it loaded at once. */
const buildStatic = async (): Promise<Built> => {
  const folder = join(FOLDER, 'static');
  const used = ['dynamodb', 'redis', 'cloudwatch'].map(
    (name) => `import './src/container/backends/${name}.ts';`,
  );
  await build({
    ...SHARED,
    absWorkingDir: ROOT,
    stdin: {
      contents: [
        ...used,
        "import { start } from './src/entrypoints/lambda/api.ts';",
        'export const handler = await start();',
      ].join('\n'),
      resolveDir: ROOT,
      loader: 'ts',
    },
    outfile: join(folder, 'index.mjs'),
    // Native, and of the local server.
    external: ['classic-level', 'dynalite'],
  });
  return { folder, handler: 'index.handler' };
};

/** Our sources file by file, as a compiler leaves them, with the packages of the project beside them. */
const buildUnbundled = async (): Promise<Built> => {
  const folder = join(FOLDER, 'unbundled');
  const sources = join(ROOT, 'src');
  for (const file of await readdir(sources, { recursive: true })) {
    if (!file.endsWith('.ts') || file.endsWith('.d.ts')) continue;
    const { code } = await transform(await readFile(join(sources, file), 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node22',
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(
      target,
      code.replaceAll(/((?:from|import) ?\(?["']\.{1,2}\/[^"']+)\.ts(["'])/g, '$1.js$2'),
    );
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const entry =
    "import { start } from './entrypoints/lambda/api.js';\nexport const handler = await start();\n";
  await writeFile(join(folder, 'index.js'), entry);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, handler: 'index.handler' };
};

export type Variants = Readonly<{
  noop: Built;
  /** As `npm run build:lambda` makes it. */
  ours: Built;
  static: Built;
  unbundled: Built;
  peers: Readonly<Record<(typeof PEERS)[number], Built>>;
}>;

export const buildVariants = async (): Promise<Variants> => {
  await rm(FOLDER, { recursive: true, force: true });
  const { folder } = await bundleFunction('api', { outdir: FOLDER });
  const peers = await Promise.all(PEERS.map(async (name) => [name, await buildPeer(name)] as const));
  return {
    noop: await buildPeer('noop'),
    ours: { folder, handler: 'index.handler' },
    static: await buildStatic(),
    unbundled: await buildUnbundled(),
    peers: Object.fromEntries(peers) as Variants['peers'],
  };
};
