import type { Config } from '../config.ts';
import type { Ports } from '../ports/ports.ts';
import type { Probe } from '../ports/probe.ts';

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

/**
 * Opens a backend.
 *
 * @throws MiyabiError `configuration` where it cannot be opened; nothing is left open then.
 */
export type Backend<Provided> = (config: Config, system: SystemPorts) => Promise<OpenBackend<Provided>>;
