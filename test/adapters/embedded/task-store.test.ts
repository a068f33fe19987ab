import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { taskStoreContract } from '../../contracts/task-store.ts';
import { onEmbedded } from '../../support/embedded.ts';

taskStoreContract('embedded', onEmbedded(embeddedTaskStore));
