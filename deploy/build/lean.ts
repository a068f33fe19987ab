import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** What of Node's own modules takes milliseconds to load and is seldom called: functions that load it when called. */
const LATE: Readonly<Record<string, readonly string[]>> = {
  tls: ['connect'],
  zlib: ['deflateRawSync', 'inflateRawSync', 'gzip', 'gunzip', 'gunzipSync', 'gzipSync', 'crc32'],
};

/**
 * Globals whose first use loads much more than is asked of them. The time is all that `performance` is asked for. The SDK
 * asks of each body whether it is a stream of the web; those of its client for Node never are.
 */
export const LATE_GLOBALS: Readonly<Record<string, string>> = {
  performance: 'Date',
  ReadableStream: 'undefined',
};

const lateModule = (id: string, names: readonly string[]): string =>
  names.map((name) => `export const ${name} = (...input) => require('${id}').${name}(...input);`).join('\n');

/** `assert` is a function itself. */
const LATE_ASSERT = `
const late = (...input) => require('assert')(...input);
module.exports = Object.assign(late, { strictEqual: (...input) => require('assert').strictEqual(...input) });
`;

/** A few small files are read at the start: the SDK looks for its configuration, which no Lambda has. */
const LATE_FILES = `
export const readFile = async (...input) => require('fs').readFileSync(...input);
`;

/** Says what ioredis does, if somebody asks for it. */
const LATE_DEBUG = `
const off = Object.assign(() => undefined, { enabled: false });
exports.default = (name) => (process.env.DEBUG ? require('debug')(name) : off);
`;

/** What a client of one server, found by its address, never makes. */
const LATE_CLASSES = /^\.\.?\/(cluster|(connectors\/)?SentinelConnector)$/;

const lateClass = (path: string): string =>
  `exports.default = function (...input) { return new (require(${JSON.stringify(path)}).default)(...input); };`;

/** For our own code, for ioredis, and for what every client of AWS begins with. */
export const lateModules: Plugin = {
  name: 'late-modules',
  setup(builder) {
    const ids = [...Object.keys(LATE), 'assert', 'fs/promises'].join('|');
    builder.onResolve({ filter: new RegExp(`^(node:)?(${ids})$`) }, ({ path, importer, namespace }) => {
      if (namespace === 'late') return { path, external: true };
      if (!/[/\\](src|ioredis|redis-errors|@smithy)[/\\]/.test(importer)) return undefined;
      return { path: path.replace(/^node:/, ''), namespace: 'late', sideEffects: false };
    });
    builder.onResolve({ filter: /^debug$/ }, ({ path, resolveDir, namespace }) =>
      namespace === 'late' ? undefined : { path, namespace: 'late', pluginData: resolveDir },
    );
    builder.onLoad({ filter: /.*/, namespace: 'late' }, ({ path, pluginData }) => {
      if (path === 'debug') return { contents: LATE_DEBUG, resolveDir: pluginData };
      if (path === 'assert') return { contents: LATE_ASSERT };
      return { contents: path === 'fs/promises' ? LATE_FILES : lateModule(path, LATE[path] ?? []) };
    });
    builder.onResolve({ filter: LATE_CLASSES }, ({ path, importer, resolveDir }) =>
      /[/\\]ioredis[/\\]/.test(importer)
        ? { path, namespace: 'late-class', pluginData: resolveDir }
        : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'late-class' }, ({ path, pluginData }) => ({
      contents: lateClass(path),
      resolveDir: pluginData,
    }));
  },
};

/**
 * The commands that we send, and those that ioredis sends by itself or asks about. It makes two methods for each of the
 * 240 it knows. A command that is missing here is no method of a client: calling it is a TypeError, never a wrong key
 * or a wrong server.
 */
export const REDIS_COMMANDS: readonly string[] = [
  ...['del', 'eval', 'evalsha', 'get', 'ping', 'quit', 'set', 'xrange', 'xrevrange'],
  ...[
    'asking',
    'auth',
    'client',
    'cluster',
    'discard',
    'disconnect',
    'exec',
    'hello',
    'info',
    'monitor',
    'multi',
  ],
  ...[
    'psubscribe',
    'punsubscribe',
    'readonly',
    'readwrite',
    'role',
    'script',
    'select',
    'sentinel',
    'shutdown',
  ],
  ...['ssubscribe', 'subscribe', 'sunsubscribe', 'unsubscribe'],
];

export const trimRedisCommands: Plugin = {
  name: 'few-redis-commands',
  setup(builder) {
    builder.onLoad({ filter: /@ioredis[/\\]commands[/\\]built[/\\]commands\.json$/ }, async ({ path }) => {
      const all = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      const kept = Object.fromEntries(Object.entries(all).filter(([name]) => REDIS_COMMANDS.includes(name)));
      return { contents: JSON.stringify(kept), loader: 'json' };
    });
  },
};
