import type { ContainerModule } from 'inversify';
import type { Config } from '../config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Probe } from '../ports/probe.ts';

/** A backend's bindings, how to let go of what it holds (connections, servers, files), and how to ask whether it is well. */
export type OpenBackend = Readonly<{
  module: ContainerModule;
  close?: () => Promise<void>;
  probes?: readonly Probe[];
}>;

/**
 * Opens a backend.
 *
 * @throws MiyabiError `configuration` where it cannot be opened; nothing is left open then.
 */
export type Backend = (config: Config, logger: Logger) => Promise<OpenBackend>;
