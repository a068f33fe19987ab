import { ContainerModule } from 'inversify';
import { fileLogSource } from '../../adapters/file/log-source.ts';
import type { Config } from '../../config.ts';
import { TOKENS } from '../tokens.ts';

export const logSource = (config: Config): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(TOKENS.logSource).toResolvedValue(
      (clock) => fileLogSource({ directory: config.logDir, clock }),
      [TOKENS.clock],
    );
  });
