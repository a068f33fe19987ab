import { embeddedProjectStore } from '../../../src/adapters/embedded/project-store.ts';
import { projectStoreContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

projectStoreContract('embedded', onEmbedded(embeddedProjectStore));
