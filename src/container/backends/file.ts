import { ContainerModule } from 'inversify';
import { fileLogSource } from '../../adapters/file/log-source.ts';
import type { Backend } from '../backend.ts';
import { TOKENS } from '../tokens.ts';

export const logSource: Backend = async (config) => ({
  module: new ContainerModule(({ bind }) => {
    bind(TOKENS.logSource).toResolvedValue(
      (clock) => fileLogSource({ directory: config.logDir, clock }),
      [TOKENS.clock],
    );
  }),
});
