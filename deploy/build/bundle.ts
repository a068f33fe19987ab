import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { zipSync } from 'fflate';
import { readJsonFile } from '../../src/adapters/file/json-file.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The functions and where each begins. The file that Lambda loads is `index.mjs`, its export `handler`. */
export const FUNCTIONS = {
  api: 'src/entrypoints/api.ts',
  collector: 'src/entrypoints/collector.ts',
  webhooks: 'src/entrypoints/webhooks.ts',
  hook: 'deploy/hooks/pre-traffic.ts',
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** Where a bundle keeps the log formats of one's own, if it was built with any. */
export const LOG_FORMATS_FILE = 'log-formats.json';

/** What no Lambda needs: each file is left out, and says so if the configuration asks for it after all. */
const LEFT_OUT: readonly Readonly<{ file: RegExp; exports: readonly string[]; what: string }>[] = [
  { file: /container\/backends\/embedded\.ts$/, exports: ['stores'], what: 'The embedded DynamoDB' },
  { file: /container\/backends\/file\.ts$/, exports: ['logSource'], what: 'A folder of logs' },
  { file: /adapters\/system\/logger\.ts$/, exports: ['pinoLogger'], what: 'The logger of the local server' },
];

const PATTERNS = {
  file: /adapters\/re2\/pattern\.ts$/,
  exports: ['loadPatterns'],
  what: 'MIYABI_LOG_FORMATS (build with --log-formats FILE)',
};

const leaveOut = (left: typeof LEFT_OUT): Plugin => ({
  name: 'leave-out',
  setup(builder) {
    for (const { file, exports, what } of left) {
      builder.onLoad({ filter: file }, () => ({
        loader: 'ts',
        contents: exports
          .map(
            (name) =>
              `export const ${name} = () => { throw new Error(${JSON.stringify(`${what} is not part of this bundle`)}); };`,
          )
          .join('\n'),
      }));
    }
  },
});

export type Bundle = Readonly<{
  name: FunctionName;
  folder: string;
  zip: string;
  /** Bytes of all files, and of the archive of them. */
  size: number;
  zipped: number;
  /** SHA-256 of the archive, hexadecimal. */
  sha256: string;
  /** The packages in it, by the names of their folders. */
  packages: readonly string[];
}>;

export type BundleOptions = Readonly<{
  outdir?: string;
  /** A JSON file of log formats of one's own to take along, with the engine of its patterns. */
  logFormats?: string | undefined;
}>;

/**
 * Bundles a function into a folder and an archive of it, the same bytes for the same sources. What is imported
 * dynamically, the AWS SDK above all, is in files of its own: a cold start reads only what its configuration names.
 *
 * @throws MiyabiError `configuration` where the file of log formats cannot be read.
 */
export const bundleFunction = async (
  name: FunctionName,
  { outdir = join(ROOT, 'dist/lambda'), logFormats }: BundleOptions = {},
): Promise<Bundle> => {
  const formats = logFormats === undefined ? undefined : await readJsonFile(logFormats, '--log-formats');
  const folder = join(outdir, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: FUNCTIONS[name] },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
    // Packages in CommonJS ask for Node's own modules by `require`, which an ES module has to make for them.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    // The hook's clients are part of Lambda's Node; how fast it starts is all the same.
    external: name === 'hook' ? ['@aws-sdk/*'] : [],
    plugins: [leaveOut(logFormats === undefined ? [...LEFT_OUT, PATTERNS] : LEFT_OUT)],
  });
  if (formats !== undefined && name !== 'hook') {
    await writeFile(join(folder, LOG_FORMATS_FILE), JSON.stringify(formats));
  }

  const files: Record<string, Uint8Array> = {};
  for (const file of (await readdir(folder)).sort()) files[file] = await readFile(join(folder, file));
  // Its parts are local time, so the archive is the same in every time zone.
  const archive = zipSync(files, { level: 9, mtime: new Date(1980, 0, 1) });
  const zip = join(outdir, `${name}.zip`);
  await writeFile(zip, archive);
  return {
    name,
    folder,
    zip,
    size: Object.values(files).reduce((sum, { length }) => sum + length, 0),
    zipped: archive.length,
    sha256: createHash('sha256').update(archive).digest('hex'),
    packages: packagesOf(Object.keys(metafile.inputs)),
  };
};

const packagesOf = (inputs: readonly string[]): readonly string[] => {
  const names = inputs.flatMap((input) => {
    const found = input.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    return found?.[1] === undefined ? [] : [found[1]];
  });
  return [...new Set(names)].sort();
};
