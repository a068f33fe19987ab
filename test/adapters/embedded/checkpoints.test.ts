import { embeddedCheckpoints } from '../../../src/adapters/embedded/checkpoints.ts';
import { checkpointsContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

checkpointsContract('embedded', onEmbedded(embeddedCheckpoints));
