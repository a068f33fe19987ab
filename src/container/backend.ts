import type { ContainerModule } from 'inversify';
import type { Config } from '../config.ts';
import type { Logger } from '../ports/logger.ts';

/** A backend's bindings, and how to let go of what it holds: connections, servers, files. */
export type OpenBackend = Readonly<{ module: ContainerModule; close?: () => Promise<void> }>;

/**
 * Opens a backend.
 *
 * @throws MiyabiError `configuration` where it cannot be opened; nothing is left open then.
 */
export type Backend = (config: Config, logger: Logger) => Promise<OpenBackend>;
