import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin, transform } from 'esbuild';
import { zipSync } from 'fflate';
import { contractModule } from '../../scripts/contract-module.ts';
import { readJsonFile } from '../../src/adapters/file/json-file.ts';
import { GLOBAL_REPLACEMENTS, lazyModules, trimRedisCommands } from './lazy-modules.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The functions and their entry files. Lambda loads `index.mjs`, its export `handler`. */
export const FUNCTIONS = {
  api: 'src/entrypoints/lambda/api.ts',
  collector: 'src/entrypoints/lambda/collector.ts',
  webhooks: 'src/entrypoints/lambda/webhooks.ts',
  hook: 'deploy/hooks/pre-traffic.ts',
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** Where a bundle keeps custom log formats, if it was built with any. */
export const LOG_FORMATS_FILE = 'log-formats.json';

/** Left out of every Lambda: loading one of these reports that, if the configuration asks for it after all. */
const LEFT_OUT: readonly Readonly<{ file: RegExp; exports: readonly string[]; what: string }>[] = [
  { file: /container\/backends\/embedded\.ts$/, exports: ['stores'], what: 'The embedded store' },
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

/** The contract is derived while bundling: the function loads it when it is requested. */
const finishedContract: Plugin = {
  name: 'finished-contract',
  setup(builder) {
    builder.onLoad({ filter: /src\/api\/openapi\.ts$/ }, () => ({ contents: contractModule() }));
  },
};

export type Bundle = Readonly<{
  name: FunctionName;
  folder: string;
  zip: string;
  /** Bytes of all files, and of their archive. */
  size: number;
  zipped: number;
  /** SHA-256 of the archive, hexadecimal. */
  sha256: string;
  /** The packages in it, by the names of their folders. */
  packages: readonly string[];
  /** Those of them in the file that each start reads. */
  startPackages: readonly string[];
}>;

export type BundleOptions = Readonly<{
  outdir?: string;
  /** A JSON file of custom log formats to include, with the engine of their patterns. */
  logFormats?: string | undefined;
}>;

const SHARED = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * A piece of a bundle as a function that `boot.ts` calls: `require` and `exports` instead of `import` and `export`, and
 * ASCII. In parentheses, because V8 compiles such a function at once instead of parsing it twice.
 */
const asFunction = async (text: string): Promise<string> => {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    supported: { 'dynamic-import': false },
    minify: true,
    legalComments: 'none',
  });
  return `(function(exports,require,module){${code}})`;
};

/**
 * Modules that are loaded together are in one file, named after the first: the start with Redis, and the AWS clients
 * with what only they import; code for both is in the first. Every other piece has its own file.
 */
const packsOf = ({ outputs }: Metafile): readonly (readonly string[])[] => {
  const importsOf = new Map(
    Object.entries(outputs).map(([path, { imports }]) => [
      basename(path),
      imports.flatMap(({ path: to, kind, external }) =>
        kind === 'import-statement' && external !== true ? [basename(to)] : [],
      ),
    ]),
  );
  const reachedFrom = (...names: readonly string[]): ReadonlySet<string> => {
    const reached = new Set(names);
    for (const name of reached) for (const imported of importsOf.get(name) ?? []) reached.add(imported);
    return reached;
  };
  const named = (pattern: RegExp) => [...importsOf.keys()].filter((name) => pattern.test(name)).sort();
  const clients = [...named(/^dynamodb-/), ...named(/^cloudwatch-/)];
  // What a package of the clients loads later is used by nothing else.
  const others = Object.entries(outputs).flatMap(([path, { entryPoint = 'node_modules' }]) =>
    entryPoint.includes('node_modules') || clients.includes(basename(path)) ? [] : [basename(path)],
  );
  const start = reachedFrom(...named(/^main\./), ...named(/^redis-/));
  const packed = new Set([...start, ...reachedFrom(...others)]);
  const packs = clients.map((client) => {
    const own = [...reachedFrom(client)].filter((name) => !packed.has(name));
    for (const name of own) packed.add(name);
    return own;
  });
  const together = [[...start], ...packs];
  const alone = named(/./).filter((name) => !together.flat().includes(name));
  return [...together, ...alone.map((name) => [name])].filter(({ length }) => length > 0);
};

/**
 * Bundles a function into a folder and an archive of it, byte for byte reproducible. Dynamic
 * imports, above all the AWS SDK, are in files of their own: a cold start reads only what its configuration names.
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
  const { metafile, outputFiles } = await build({
    ...SHARED,
    absWorkingDir: ROOT,
    entryPoints: { [name === 'hook' ? 'index' : 'main']: FUNCTIONS[name] },
    outdir: folder,
    outExtension: { '.js': name === 'hook' ? '.mjs' : '.js' },
    chunkNames: '[name]-[hash]',
    splitting: true,
    format: 'esm',
    write: false,
    // The hook's clients are part of Lambda's Node, and its start need not be fast.
    external: name === 'hook' ? ['@aws-sdk/*'] : [],
    define: name === 'hook' ? {} : GLOBAL_REPLACEMENTS,
    plugins: [
      finishedContract,
      leaveOut(logFormats === undefined ? [...LEFT_OUT, PATTERNS] : LEFT_OUT),
      ...(name === 'hook' ? [] : [lazyModules, trimRedisCommands]),
    ],
  });
  let startInputs: readonly string[] = [];
  if (name === 'hook') {
    for (const { path, text } of outputFiles) await writeFile(path, text);
  } else {
    const pieces = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
    const packs = packsOf(metafile);
    startInputs = Object.entries(metafile.outputs).flatMap(([path, { inputs }]) =>
      packs[0]?.includes(basename(path)) === true ? Object.keys(inputs) : [],
    );
    for (const names of packs) {
      const modules = names.map(async (piece) => [piece, await asFunction(pieces.get(piece) ?? '')] as const);
      const [file = ''] = names;
      const members = (await Promise.all(modules)).map(([piece, code]) => `${JSON.stringify(piece)}:${code}`);
      await writeFile(join(folder, file), `({${members.join(',\n')}})\n`);
    }
    const fileOf = packs.flatMap((names) => names.map((piece) => [piece, names[0]]));
    await build({
      ...SHARED,
      absWorkingDir: ROOT,
      entryPoints: ['deploy/build/boot.ts'],
      outfile: join(folder, 'index.mjs'),
      format: 'esm',
      define: { FILE_OF: JSON.stringify(Object.fromEntries(fileOf)) },
    });
  }
  if (formats !== undefined && name !== 'hook') {
    await writeFile(join(folder, LOG_FORMATS_FILE), JSON.stringify(formats));
  }

  const files: Record<string, Uint8Array> = {};
  for (const file of (await readdir(folder)).sort()) files[file] = await readFile(join(folder, file));
  // Its fields are local time, so the archive is the same in every time zone.
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
    startPackages: packagesOf(startInputs),
  };
};

const packagesOf = (inputs: readonly string[]): readonly string[] => {
  const names = inputs.flatMap((input) => {
    const found = input.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    return found?.[1] === undefined ? [] : [found[1]];
  });
  return [...new Set(names)].sort();
};
