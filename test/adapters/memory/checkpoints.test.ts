import { memoryCheckpoints } from '../../../src/adapters/memory/checkpoints.ts';
import { checkpointsContract } from '../../contracts/ports.ts';
import { slowly } from '../../support/suite.ts';

slowly(() => checkpointsContract('memory', () => ({ port: memoryCheckpoints() })), {
  only: [
    'a reader beside a writer of large values sees one of them, whole',
    'keeps values of two megabytes, which may shrink and grow again',
  ],
});
