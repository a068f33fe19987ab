import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../../config.ts';
import { MiyabiError } from '../../domain/errors.ts';
import {
  BACKEND_CONTRACT,
  type BackendModule,
  type CachePorts,
  type FeedPorts,
  type LogSourcePorts,
  type ModuleSettings,
  type ModuleStores,
  type OpenBackend,
  type OpenModule,
  type OutsideName,
  type SetUpStep,
  type StorePorts,
} from '../../ports/backend.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Backend } from '../backend.ts';
import { CACHE_METHODS, FEED_METHODS, LOG_SOURCE_METHODS, STORE_METHODS } from '../port-methods.ts';

type Kind = 'stores' | 'cache' | 'feed' | 'logSource';

/** The setting that names each kind of backend, and the methods that its ports must have. */
const KINDS: Readonly<Record<Kind, Readonly<{ setting: string; ports: PortMethods }>>> = {
  stores: { setting: 'TASK_STORE', ports: STORE_METHODS },
  cache: { setting: 'CACHE', ports: CACHE_METHODS },
  feed: { setting: 'FEED', ports: FEED_METHODS },
  logSource: { setting: 'LOG_SOURCE', ports: LOG_SOURCE_METHODS },
};

type PortMethods = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export const stores = (name: OutsideName): Backend<StorePorts> => {
  const open = outside<ModuleStores>('stores', name);
  return async (...input) => {
    const opened = await open(...input);
    return { ...opened, ports: { taskCommits: {}, ...opened.ports } };
  };
};
export const cache = (name: OutsideName): Backend<CachePorts> => outside('cache', name);
export const feed = (name: OutsideName): Backend<FeedPorts> => outside('feed', name);
export const logSource = (name: OutsideName): Backend<LogSourcePorts> => outside('logSource', name);

/**
 * What the module does to set itself up; nothing where it has nothing to do.
 *
 * @throws MiyabiError `configuration` if it cannot be loaded, and any error that the module itself throws.
 */
export const setUpOutside = async (
  name: OutsideName,
  config: Config,
  logger: Logger,
): Promise<readonly SetUpStep[]> => {
  const { setUp } = await load(name, KINDS.stores.setting);
  return setUp === undefined
    ? [{ what: `task store ${name}`, outcome: 'nothing to make: it has no setUp' }]
    : setUp(settingsOf(config), { logger });
};

const outside =
  <Provided>(kind: Kind, name: OutsideName): Backend<Provided> =>
  async (config, system) => {
    const { setting, ports } = KINDS[kind];
    const module = await load(name, setting);
    // `kind` decides what it opens; `requirePorts` checks that it is so.
    const open = module[kind] as OpenModule<Provided> | undefined;
    if (typeof open !== 'function')
      throw wrong(setting, name, `its \`backend\` has no function ${kind}; it cannot be used as ${setting}`);
    const opened = await open(settingsOf(config), system);
    try {
      requirePorts(opened, ports, setting, name, kind);
    } catch (error) {
      await opened?.close?.();
      throw error;
    }
    return opened;
  };

const settingsOf = ({ dataDir, rateLimit }: Config): ModuleSettings => ({ dataDir, rateLimit });

/** Loads a module. @throws MiyabiError `configuration` where it is missing, fails, or exports something else. */
const load = async (name: OutsideName, setting: string): Promise<BackendModule> => {
  const { backend } = await imported(name, setting);
  if (typeof backend !== 'object' || backend === null)
    throw wrong(setting, name, 'it exports no object `backend`');
  const contract: unknown = Reflect.get(backend, 'contract');
  if (contract !== BACKEND_CONTRACT) {
    const found = contract === undefined ? 'no `contract`' : `contract ${String(contract)}`;
    const advice =
      typeof contract === 'number' && contract > BACKEND_CONTRACT
        ? 'update miyabi-progress'
        : 'update the module';
    throw wrong(
      setting,
      name,
      `its \`backend\` has ${found}, this release needs ${BACKEND_CONTRACT}; ${advice}`,
    );
  }
  // Its functions are checked when one is used.
  return backend as BackendModule;
};

const imported = async (name: OutsideName, setting: string): Promise<Readonly<{ backend?: unknown }>> => {
  const { what, url } = locate(name);
  try {
    return await import(url ?? what);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    // A module that it imports in turn may be missing as well: then that is what is wrong with it.
    const missing = name.startsWith('npm:') ? packageOf(what) : resolve(what);
    if (code === 'ERR_MODULE_NOT_FOUND' && reason.includes(`'${missing}'`)) {
      const advice = name.startsWith('npm:')
        ? `install it beside miyabi-progress: npm install ${what}`
        : `there is no file ${resolve(what)}`;
      throw wrong(setting, name, `it was not found; ${advice}`, error);
    }
    throw wrong(setting, name, `it cannot be loaded: ${reason}`, error);
  }
};

/** The package of `@acme/adapter/path`, for example. */
const packageOf = (what: string): string => what.split('/', what.startsWith('@') ? 2 : 1).join('/');

/** Where a module is. `url` is undefined for a package that is not installed below the folder of this process. */
const locate = (name: OutsideName): Readonly<{ what: string; url?: string }> => {
  if (!name.startsWith('npm:')) return { what: name, url: pathToFileURL(resolve(name)).href };
  const what = name.slice('npm:'.length);
  try {
    return {
      what,
      url: pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(what)).href,
    };
  } catch {
    // Not there, or only for `import`: then it has to be where this package is installed.
    return { what };
  }
};

const requirePorts = (
  opened: OpenBackend<unknown> | undefined,
  ports: PortMethods,
  setting: string,
  name: string,
  kind: Kind,
): void => {
  const given: unknown = opened?.ports;
  const missing = Object.entries(ports).flatMap(([port, methods]) => {
    const found: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, port) : undefined;
    if (typeof found !== 'object' || found === null) return [port];
    return Object.keys(methods)
      .filter((method) => typeof Reflect.get(found, method) !== 'function')
      .map((method) => `${port}.${method}`);
  });
  if (missing.length > 0)
    throw wrong(setting, name, `what ${kind}() opens lacks ${missing.join(', ')}; see docs/adapters.md`);
};

const wrong = (setting: string, name: string, reason: string, cause?: unknown): MiyabiError =>
  new MiyabiError('configuration', `${setting} ${name}: ${reason}`, {
    fields: [{ path: setting, reason: `${name}: ${reason}` }],
    ...(cause === undefined ? {} : { cause }),
  });
