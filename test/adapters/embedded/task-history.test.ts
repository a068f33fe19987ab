import { embeddedTaskHistory } from '../../../src/adapters/embedded/task-history.ts';
import { taskHistoryContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

taskHistoryContract('embedded', onEmbedded(embeddedTaskHistory));
