import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleFunction } from '../../deploy/build/bundle.ts';
import { BENCH, CACHE } from '../lib/set-up.ts';

const FOLDER = join(CACHE, 'warm');

/** The peers' programs are those of the cold start: the same key check, the same Redis, the same answer. */
export const PEERS = ['middy', 'hono', 'powertools', 'fastify', 'express'] as const;

/** A handler that does nothing: what a call costs before any program of ours. */
const NO_OP = "export const handler = async () => ({ statusCode: 200, headers: {}, body: '{}' });\n";

/** Folders of functions by name, each with an `index.mjs`: bundled alike. */
export const buildFunctions = async (): Promise<Readonly<Record<string, string>>> => {
  await rm(FOLDER, { recursive: true, force: true });
  const folderOf = (name: string) => join(FOLDER, name);
  await mkdir(folderOf('no-op'), { recursive: true });
  await writeFile(join(folderOf('no-op'), 'index.mjs'), NO_OP);
  for (const name of PEERS) {
    await build({
      absWorkingDir: BENCH,
      entryPoints: { index: join('cold/peers', `${name}.mjs`) },
      outdir: folderOf(name),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      mainFields: ['module', 'main'],
      minify: true,
      logLevel: 'warning',
      banner: {
        js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
    });
  }
  const { folder } = await bundleFunction('api', { outdir: FOLDER });
  return {
    'no-op': folderOf('no-op'),
    ours: folder,
    ...Object.fromEntries(PEERS.map((name) => [name, folderOf(name)])),
  };
};
