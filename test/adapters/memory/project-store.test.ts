import { memoryProjectStore } from '../../../src/adapters/memory/project-store.ts';
import { projectStoreContract } from '../../contracts/project-store.ts';

projectStoreContract('memory', () => ({ port: memoryProjectStore() }));
