import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Node's own modules that take milliseconds to load and are rarely used: functions that load them when called. */
const LAZY_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  tls: ['connect'],
  zlib: ['deflateRawSync', 'inflateRawSync', 'gzip', 'gunzip', 'gunzipSync', 'gzipSync', 'crc32'],
};

/**
 * Globals whose first use loads much more than needed. Of `performance` only the time is used, so `Date` takes its place; that
 * counts from the epoch, so its origin is 0. The SDK checks each body for a web stream, but those of its client for Node never are one.
 */
export const GLOBAL_REPLACEMENTS: Readonly<Record<string, string>> = {
  'performance.timeOrigin': '0',
  performance: 'Date',
  ReadableStream: 'undefined',
};

const lazyModule = (id: string, names: readonly string[]): string =>
  names.map((name) => `export const ${name} = (...input) => require('${id}').${name}(...input);`).join('\n');

/** `assert` is a function itself. */
const LAZY_ASSERT = `
const lazy = (...input) => require('assert')(...input);
module.exports = Object.assign(lazy, { strictEqual: (...input) => require('assert').strictEqual(...input) });
`;

/** A few small files are read at the start: the SDK looks for its configuration file, which no Lambda has. */
const SYNC_FILES = `
export const readFile = async (...input) => require('fs').readFileSync(...input);
`;

/** Reports ioredis's own use of it. */
const LAZY_DEBUG = `
const off = Object.assign(() => undefined, { enabled: false });
exports.default = (name) => (process.env.DEBUG ? require('debug')(name) : off);
`;

/** Features that a client of one server, found by its address, never uses. */
const LAZY_CLASSES = /^\.\.?\/(cluster|(connectors\/)?SentinelConnector)$/;

const lazyClass = (path: string): string =>
  `exports.default = function (...input) { return new (require(${JSON.stringify(path)}).default)(...input); };`;

/** For our own code, for ioredis, and for the common start of every AWS client. */
export const lazyModules: Plugin = {
  name: 'lazy-modules',
  setup(builder) {
    const ids = [...Object.keys(LAZY_FUNCTIONS), 'assert', 'fs/promises'].join('|');
    builder.onResolve({ filter: new RegExp(`^(node:)?(${ids})$`) }, ({ path, importer, namespace }) => {
      if (namespace === 'lazy') return { path, external: true };
      if (!/[/\\](src|ioredis|redis-errors|@smithy)[/\\]/.test(importer)) return undefined;
      return { path: path.replace(/^node:/, ''), namespace: 'lazy', sideEffects: false };
    });
    builder.onResolve({ filter: /^debug$/ }, ({ path, resolveDir, namespace }) =>
      namespace === 'lazy' ? undefined : { path, namespace: 'lazy', pluginData: resolveDir },
    );
    builder.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path, pluginData }) => {
      if (path === 'debug') return { contents: LAZY_DEBUG, resolveDir: pluginData };
      if (path === 'assert') return { contents: LAZY_ASSERT };
      return { contents: path === 'fs/promises' ? SYNC_FILES : lazyModule(path, LAZY_FUNCTIONS[path] ?? []) };
    });
    builder.onResolve({ filter: LAZY_CLASSES }, ({ path, importer, resolveDir }) =>
      /[/\\]ioredis[/\\]/.test(importer)
        ? { path, namespace: 'lazy-class', pluginData: resolveDir }
        : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'lazy-class' }, ({ path, pluginData }) => ({
      contents: lazyClass(path),
      resolveDir: pluginData,
    }));
  },
};

/**
 * The commands that we and ioredis send or look up. ioredis makes two methods for each of the 240 it knows. A command
 * that is missing here is not a method of the client: calling it is a TypeError, never a wrong key or server.
 */
const REDIS_COMMANDS: readonly string[] = [
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
  name: 'trim-redis-commands',
  setup(builder) {
    builder.onLoad({ filter: /@ioredis[/\\]commands[/\\]built[/\\]commands\.json$/ }, async ({ path }) => {
      const all = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      const kept = Object.fromEntries(Object.entries(all).filter(([name]) => REDIS_COMMANDS.includes(name)));
      return { contents: JSON.stringify(kept), loader: 'json' };
    });
  },
};
