// The file that Lambda loads. It runs the function from the scripts beside it, each compiled when it is first needed. The
// bundle contains everything but Node's own modules.

// An import of `node:fs` would also load its streams and promises.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { join } = process.getBuiltinModule('node:path');
const { Script } = process.getBuiltinModule('node:vm');

/** The file of each piece of the bundle, filled in by the build. */
declare const FILE_OF: Readonly<Record<string, string>>;

type Exports = Record<string, unknown>;
type Piece = (exports: Exports, require: (id: string) => unknown, module: { exports: Exports }) => void;

const folder = import.meta.dirname;
const pieces = new Map<string, Piece>();
const modules = new Map<string, { exports: Exports }>();

/** The files that were read, in this order. */
export const scripts: string[] = [];

const open = (file: string): void => {
  const filename = join(folder, file);
  // ASCII, one byte for each character.
  const script = new Script(readFileSync(filename, 'latin1'), { filename });
  scripts.push(file);
  // What the bundler writes: see `bundle.ts`.
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
