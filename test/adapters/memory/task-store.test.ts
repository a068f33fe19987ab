import { memoryTaskStore } from '../../../src/adapters/memory/task-store.ts';
import { taskStoreContract } from '../../contracts/ports.ts';

taskStoreContract('memory', () => ({ port: memoryTaskStore() }));
