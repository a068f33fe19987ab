import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { taskStoreContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

taskStoreContract('embedded', onEmbedded(embeddedTaskStore));
