import { embeddedCheckpoints } from '../../../src/adapters/embedded/checkpoints.ts';
import { checkpointsContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';
import { slowly } from '../../support/suite.ts';

slowly(() => checkpointsContract('embedded', onEmbedded(embeddedCheckpoints)), {
  only: ['a reader beside a writer of large values sees one of them, whole'],
});
