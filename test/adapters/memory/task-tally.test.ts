import { memoryTaskStore } from '../../../src/adapters/memory/task-store.ts';
import { taskTallyContract } from '../../contracts/ports.ts';

taskTallyContract('memory', () => {
  const store = memoryTaskStore();
  return { port: { store, tally: store } };
});
