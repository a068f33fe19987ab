// The file that Lambda loads. It runs the function from the scripts beside it, each compiled from its code cache if
// there is one for this version of Node. The bundle contains everything but Node's own modules.

// An import of `node:fs` would also load its streams and promises.
const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
const { join } = process.getBuiltinModule('node:path');
const { Script } = process.getBuiltinModule('node:vm');

/** The file of each piece of the bundle, filled in by the build. */
declare const FILE_OF: Readonly<Record<string, string>>;

type Exports = Record<string, unknown>;
type Piece = (exports: Exports, require: (id: string) => unknown, module: { exports: Exports }) => void;

const folder = import.meta.dirname;
export const suffix = `.${process.version}-${process.arch}.cache`;
const files = new Set(readdirSync(folder));
const pieces = new Map<string, Piece>();
const modules = new Map<string, { exports: Exports }>();

/** The compiled scripts, from which the build makes the caches. */
export const scripts = new Map<string, import('node:vm').Script>();

const open = (file: string): void => {
  const filename = join(folder, file);
  // V8 accepts only a cache from the same build with the same flags. A rejected one counts as missing.
  const cachedData = files.has(file + suffix) ? readFileSync(filename + suffix) : undefined;
  // ASCII, one byte for each character.
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  scripts.set(file, script);
  // What the bundler writes: see chunks.ts.
  const found = script.runInThisContext() as Readonly<Record<string, Piece>>;
  for (const [name, piece] of Object.entries(found)) pieces.set(name, piece);
};

const load = (name: string): Exports => {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  if (!pieces.has(name)) open(FILE_OF[name] ?? name);
  const module = { exports: {} };
  modules.set(name, module);
  pieces.get(name)?.(
    module.exports,
    (id) => (id.startsWith('./') ? load(id.slice(2)) : process.getBuiltinModule(id)),
    module,
  );
  return module.exports;
};

// Each function's main module exports it.
const { start } = load('main.js') as { start(): Promise<unknown> };
export const handler = await start();
