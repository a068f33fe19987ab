import type { Ports } from './ports.ts';
import type { Probe } from './probe.ts';

/** The ports that depend on no configured backend; adapters are built on them. */
export type SystemPorts = Pick<
  Ports,
  'backoff' | 'clock' | 'steadyClock' | 'ids' | 'logger' | 'random' | 'secrets' | 'sleep'
>;

export type StorePorts = Pick<
  Ports,
  | 'taskStore'
  | 'taskTally'
  | 'taskHistory'
  | 'taskCommits'
  | 'projectStore'
  | 'checkpoints'
  | 'webhookStore'
  | 'outbox'
  | 'outboxQueues'
  | 'lineStore'
  | 'keyStore'
>;
export type CachePorts = Pick<Ports, 'taskCache' | 'taskListCache' | 'projectCache' | 'rateLimiter'>;
export type FeedPorts = Pick<Ports, 'changeFeed'>;
export type LogSourcePorts = Pick<Ports, 'logSource' | 'logReader'>;

/** The ports of a backend, how to release what it holds (connections, servers, files), and how to check its health. */
export type OpenBackend<Provided> = Readonly<{
  ports: Provided;
  close?: () => Promise<void>;
  probes?: readonly Probe[];
}>;

/** What was found or made of one resource that a backend needs, in words for an operator. */
export type SetUpStep = Readonly<{ what: string; outcome: string }>;

/** The version of this interface. It is raised when a module for the one before no longer works. */
export const BACKEND_CONTRACT = 1;

/** A module from outside: `npm:` and the name of a package, or the path of a file, which begins with `.` or `/`. */
export type OutsideName = `npm:${string}` | `.${string}` | `/${string}`;

export const isOutside = (name: string): name is OutsideName => /^(npm:|\.{0,2}\/)./.test(name);

/** The settings of the server that a module may need. Its own it reads from the environment. */
export type ModuleSettings = Readonly<{
  /** The folder that data of this machine is kept in. */
  dataDir: string;
  /** How many requests a minute one caller may make; 0 is no limit. */
  rateLimit: number;
}>;

/**
 * Opens the ports of a module. Connections should be opened with the first call.
 *
 * @throws MiyabiError `configuration` where a setting is missing or wrong; nothing is left open then.
 */
export type OpenModule<Provided> = (
  settings: ModuleSettings,
  system: SystemPorts,
) => OpenBackend<Provided> | Promise<OpenBackend<Provided>>;

/** The ports of a store from outside: writing several stores as one is optional. */
export type ModuleStores = Omit<StorePorts, 'taskCommits'> & Partial<Pick<StorePorts, 'taskCommits'>>;

/** What a module or package exports as `backend` to be named in TASK_STORE, CACHE, FEED or LOG_SOURCE. */
export type BackendModule = Readonly<{
  /** `BACKEND_CONTRACT` of the release that it was written for. */
  contract: number;
  /** For TASK_STORE. */
  stores?: OpenModule<ModuleStores>;
  /** For CACHE. */
  cache?: OpenModule<CachePorts>;
  /** For FEED. */
  feed?: OpenModule<FeedPorts>;
  /** For LOG_SOURCE. */
  logSource?: OpenModule<LogSourcePorts>;
  /** Makes what is missing, e.g. tables, and changes nothing that is there: `miyabi setup`. */
  setUp?: (settings: ModuleSettings, system: Pick<SystemPorts, 'logger'>) => Promise<readonly SetUpStep[]>;
}>;
