import { memoryProjectStore } from '../../../src/adapters/memory/project-store.ts';
import { projectStoreContract } from '../../contracts/ports.ts';

projectStoreContract('memory', () => ({ port: memoryProjectStore() }));
