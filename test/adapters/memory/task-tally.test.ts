import { memoryTaskStore } from '../../../src/adapters/memory/task-store.ts';
import { taskTallyContract } from '../../contracts/task-tally.ts';

taskTallyContract('memory', () => {
  const store = memoryTaskStore();
  return { port: { store, tally: store } };
});
