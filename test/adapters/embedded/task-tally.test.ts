import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { embeddedTaskTally } from '../../../src/adapters/embedded/task-tally.ts';
import { taskTallyContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

taskTallyContract(
  'embedded',
  onEmbedded((world) => ({ store: embeddedTaskStore(world), tally: embeddedTaskTally(world) })),
);
