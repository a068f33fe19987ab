import type { Config } from '../config.ts';
import type { OpenBackend, SystemPorts } from '../ports/backend.ts';

export type {
  CachePorts,
  FeedPorts,
  LogSourcePorts,
  OpenBackend,
  StorePorts,
  SystemPorts,
} from '../ports/backend.ts';

/**
 * Opens a backend.
 *
 * @throws MiyabiError `configuration` where it cannot be opened; nothing is left open then.
 */
export type Backend<Provided> = (config: Config, system: SystemPorts) => Promise<OpenBackend<Provided>>;
