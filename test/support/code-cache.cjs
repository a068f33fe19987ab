// Preloaded into the CDK CLI, one file of many megabytes: keeps what V8 has compiled of it for the next start, which takes
// half the time, as Node does from 22 on where it is configured to. Nothing else is changed.
const { createHash } = require('node:crypto');
const {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const vm = require('node:vm');

const FOLDER = join(__dirname, '../../node_modules/.cache/miyabi/code');
const CLI = /[/\\]aws-cdk[/\\]lib[/\\]index\.js$/;
const OLD_MS = 7 * 24 * 3_600_000;

const cacheOf = (file) => {
  const { size, mtimeMs } = statSync(file);
  const key = [process.version, file, size, mtimeMs].join();
  return join(FOLDER, createHash('sha256').update(key).digest('hex').slice(0, 24));
};

const read = (path) => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};

/** Under another name first: programs that run at the same time may write and read the same one. */
const write = (path, data) => {
  try {
    mkdirSync(FOLDER, { recursive: true });
    for (const old of readdirSync(FOLDER).map((name) => join(FOLDER, name)))
      if (Date.now() - statSync(old).mtimeMs > OLD_MS) rmSync(old, { force: true });
    writeFileSync(`${path}.${process.pid}`, data);
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The next one tries again.
  }
};

const compile = Module.prototype._compile;
Module.prototype._compile = function (text, file, ...rest) {
  if (!CLI.test(file)) return compile.call(this, text, file, ...rest);
  const path = cacheOf(file);
  const cachedData = read(path);
  const script = new vm.Script(Module.wrap(text), {
    ...{ filename: file, cachedData },
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  // At the end, functions that were called are compiled, too.
  if (cachedData === undefined || script.cachedDataRejected)
    process.once('exit', () => write(path, script.createCachedData()));
  const load = script.runInThisContext();
  return load.call(this.exports, this.exports, Module.createRequire(file), this, file, dirname(file));
};
