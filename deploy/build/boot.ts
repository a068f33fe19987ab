// What Lambda loads: it starts the function out of the scripts beside it, each compiled from its code cache where there
// is one for this very Node. Everything but Node's own modules is in the bundle.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

type Exports = Record<string, unknown>;
type Wrapped = (exports: Exports, require: (id: string) => unknown, module: { exports: Exports }) => void;

const folder = import.meta.dirname;
const builtIn = createRequire(import.meta.url);
export const suffix = `.${process.version}-${process.arch}.cache`;
const files = new Set(readdirSync(folder));
const modules = new Map<string, { exports: Exports }>();

/** What was compiled, for the build to make the caches of. */
export const scripts = new Map<string, Script>();

const load = (name: string): Exports => {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(name, module);
  const filename = join(folder, name);
  // ASCII, one byte for each character.
  const source = readFileSync(filename, 'latin1');
  const cachedData = files.has(name + suffix) ? readFileSync(filename + suffix) : undefined;
  // V8 takes it from the same build with the same flags only. One that it rejects is one that is not there.
  const script = new Script(`(function(exports,require,module){${source}\n})`, { filename, cachedData });
  scripts.set(name, script);
  const run = script.runInThisContext() as Wrapped;
  run(module.exports, (id) => (id.startsWith('./') ? load(id.slice(2)) : builtIn(id)), module);
  return module.exports;
};

const { start } = load('main.js') as { start(): Promise<unknown> };
export const handler = await start();
